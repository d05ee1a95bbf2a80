"""The company of the demo: a maker of AI coding tools, three months of it, and what went wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from tieout.simulator.spec import WorldSpec

#: One of each sort that a finance person will want to see first.
STORY_FAULTS: Final = (
    "line_missing/usage",
    "line_unexpected/removed_addon",
    "quantity_mismatch/seats_fewer",
    "price_mismatch/old_version",
    "amount_mismatch/tier_price",
    "meter_mismatch/lost",
    "invoice_missing/cycle",
    "invoice_duplicate/whole",
    "payment_missing/no_charge",
    "payment_duplicate/seconds_apart",
    "payout_mismatch/fee_taken_twice",
    "usage_conflict/value",
    "usage_unknown_customer/unknown_account",
    "usage_unknown_meter/typo",
    "usage_invalid*3",
)


def story_spec(
    *, seed: int = 7, customers: int = 300, months: int = 3, end: datetime | None = None, events: int | None = None
) -> WorldSpec:
    """The demo's world; it ends at the last full hour unless an end is given."""
    if end is None:
        end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return WorldSpec(customers=customers, months=months, end=end, seed=seed, faults=STORY_FAULTS, events=events)

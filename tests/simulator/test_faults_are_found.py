"""Made-up companies through the whole pipeline: every fault is found once, with its figures, and nothing else.

`TIEOUT_COMBINATIONS` is how many combinations of two and three faults meet on one customer, 24 unless told
(`make combinations`: 240).
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.combinations import combinations, meetings
from tests.simulator.conftest import Made, make
from tests.simulator.cut import cut
from tests.simulator.found import Found, compare
from tests.support.runs import run
from tieout.simulator.faults import KINDS
from tieout.store.home import Home
from tieout.store.snapshots import open_snapshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

COMBINATIONS = int(os.environ.get("TIEOUT_COMBINATIONS", "24"))
#: Room for the combinations and for one fault of each kind alone.
CUSTOMERS_MIN, CUSTOMERS_PER_COMBINATION, EVENTS_PER_CUSTOMER = 180, 4, 350
#: On these a draft shows that something is wrong with it.
ON_A_DRAFT = (
    "line_missing/usage", "line_unexpected/removed_addon", "quantity_mismatch/usage", "price_mismatch/old_version",
    "amount_mismatch/one_cent", "meter_mismatch/lost", "proration_missing/both", "proration_mismatch/sign",
    "discount_mismatch/live_not_applied", "currency_mismatch/price_too", "commitment_shortfall/not_invoiced",
)  # fmt: skip


def published(made: Made, home: Path, as_of: str, landing: Path | None = None) -> list[dict[str, Any]]:
    """The discrepancies of a run over the made world."""
    run(landing or made.landing, home, as_of)
    with open_snapshot(Home(home)) as snapshot:
        return snapshot.rows("select * from marts.discrepancies where status <> 'resolved'")


def assert_is_whole(found: Found) -> None:
    assert [(f["kind"], f["variant"], f["customer_id"]) for f in found.missed] == []
    assert [(r["kind"], r["customer_id"], r["explanation"]) for r in found.extra] == []
    assert [(f["kind"], f["variant"], f["impact_minor"], r["impact_minor"]) for f, r in found.wrong] == []


def test_every_kind_alone_and_several_on_one_customer_are_found_once_with_their_figures(tmp_path: Path) -> None:
    customers = CUSTOMERS_MIN + CUSTOMERS_PER_COMBINATION * COMBINATIONS
    made = make(
        tmp_path / "world", customers=customers, months=4, seed=3, api="mixed", events=customers * EVENTS_PER_CUSTOMER,
        faults=(*combinations(COMBINATIONS), "all"),
    )  # fmt: skip
    faults = made.truth["faults"]
    assert {f["kind"] for f in faults} == KINDS.keys()
    assert len(meetings(faults)) >= COMBINATIONS * 0.85
    found = compare(faults, published(made, tmp_path / "home", "2026-11-01T00:00:00Z"))
    assert_is_whole(found)
    assert len({row["discrepancy_id"] for _, row in found.hits}) == len(faults)


def test_what_shows_on_a_draft_in_its_grace_hour_is_preventable(tmp_path: Path) -> None:
    made = make(
        tmp_path / "world", customers=150, months=3, seed=4, api="mixed", renews_together=True,
        faults=tuple(f"{request}*2" for request in ON_A_DRAFT),
    )  # fmt: skip
    cut_at = datetime(2026, 10, 5, 0, 50, tzinfo=UTC)  # all renewals are in the ten minutes after midnight
    drafts = cut(made.landing, tmp_path / "cut", int(cut_at.timestamp()))
    planted = [f for f in made.truth["faults"] if f.get("invoice_id") in drafts]
    assert len({f["kind"] for f in planted}) >= 8
    earlier = [f for f in made.truth["faults"] if f.get("invoice_id") and f["invoice_id"] not in drafts]
    rows = published(made, tmp_path / "home", cut_at.isoformat(), tmp_path / "cut")
    found = compare([*planted, *earlier], rows)
    assert {row["stage"] for f, row in found.hits if f in planted} == {"preventable"}
    assert {row["stage"] for f, row in found.hits if f in earlier} == {"billed"}
    assert [f["kind"] for f in found.missed] == []
    assert found.wrong == []

"""Entitlements of one customer for each kind of limit, against rows written by hand."""

from __future__ import annotations

import csv
from datetime import datetime
from decimal import Decimal

from tests.conftest import GOLDEN
from tests.expected.conftest import BuildLanding

SCENARIO = GOLDEN / "entitlements"


def test_what_was_included_used_and_limited_is_as_written_by_hand(build_landing: BuildLanding) -> None:
    def number(text: str) -> Decimal | None:
        return Decimal(text) if text else None

    def instant(text: str) -> datetime | None:
        return datetime.fromisoformat(text) if text else None

    with open(SCENARIO / "entitlements.csv", newline="") as file:
        wanted = {
            (
                row["customer_id"],
                row["meter"],
                datetime.fromisoformat(row["period_start"]),
                datetime.fromisoformat(row["period_end"]),
                Decimal(row["included"]),
                Decimal(row["used"]),
                Decimal(row["overage"]),
                int(row["overage_minor"]),
                number(row["limit"]),
                row["limit_per"] or None,
                number(row["limit_used"]),
                instant(row["limit_near_at"]),
                instant(row["limit_reached_at"]),
                instant(row["limit_exceeded_at"]),
            )
            for row in csv.DictReader(file)
        }
    as_of = datetime.fromisoformat((SCENARIO / "as_of").read_text().strip())
    found = build_landing(SCENARIO / "landing", int(as_of.timestamp())).rows("""
        select customer_id, meter, period_start, period_end, included, used, overage, overage_minor,
            "limit", limit_per, limit_used, limit_near_at, limit_reached_at, limit_exceeded_at
        from marts.entitlement_usage
    """)
    assert len(found) == len(wanted)
    assert set(found) == wanted

"""`tieout explain` on a published home: every expected line's sum, expected beside actual."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from app.cli.explain_sums import NEEDED, sums_of
from app.cli.main import app
from tieout.core.derivation import usage_by_day
from tieout.store.home import Home
from tieout.store.snapshots import Snapshot

WITH_TIERS = """
select lines.*, invoices.matched_invoice_id
from marts.expected_invoice_lines as lines
inner join marts.expected_invoices as invoices using (expected_invoice_id)
where lines.kind = 'usage' and lines.derivation like '%"tier":3%' and invoices.matched_invoice_id is not null
order by lines.expected_line_id
"""


def explained(home: Home, *arguments: str) -> list[str]:
    result = CliRunner().invoke(app, ["explain", *arguments, "--home", str(home.root)])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


@pytest.fixture
def tiered(tiny_snapshot: Snapshot) -> dict[str, Any]:
    """A metered line of the golden world whose usage reaches the third tier."""
    return tiny_snapshot.rows(WITH_TIERS)[0]


def test_an_invoice_is_written_down_to_its_tiers_beside_what_was_billed(
    tiny_home: Home, tiered: dict[str, Any]
) -> None:
    told = explained(tiny_home, tiered["matched_invoice_id"])
    [head] = [i for i, text in enumerate(told) if text.startswith("  usage, ") and str(tiered["price_name"]) in text]
    assert f"{tiered['period_start']} to {tiered['period_end']}" in told[head]
    sums = [text.strip() for text in told[head + 1 :]]
    assert sums[0].startswith("tier 1: ")
    assert any(text.startswith("tier 3: ") and " × " in text for text in sums)
    beside = next(text for text in sums if text.startswith("expected "))
    assert beside.endswith(": matched")
    [due] = [text for text in sums if text.startswith("amount due ")]
    assert due.split()[2:4] == due.split()[4:6]  # expected and actual are the same
    assert not any("usage by day" in text for text in told)


def test_events_show_the_days_behind_a_metered_line(
    tiny_home: Home, tiny_snapshot: Snapshot, tiered: dict[str, Any]
) -> None:
    told = explained(tiny_home, tiered["matched_invoice_id"], "--events")
    start, end = tiered["period_start"], tiered["period_end"]
    [head] = [i for i, text in enumerate(told) if text.startswith("  usage, ") and str(tiered["price_name"]) in text]
    shown = told[told.index("    usage by day", head) + 1 :]
    days = tiny_snapshot.rows(
        "select count(*) as n from marts.usage_daily where customer_id = ? and meter = ? and events > 0 "
        "and usage_date >= ?::date and usage_date < ?",
        [tiered["customer_id"], tiered["meter"], start, end],
    )[0]["n"]
    listed = shown[: next(i for i, text in enumerate(shown) if not text.startswith("      "))]
    assert len(listed) == days > 1
    assert usage_by_day([], start, end) == []
    if start.time() != start.min.time():
        assert any("only what is from" in text or "up to" in text for text in listed)


def test_days_before_the_price_was_put_on_the_subscription_are_not_shown(
    tiny_snapshot: Snapshot, tiered: dict[str, Any]
) -> None:
    came = tiered["period_end"].replace(hour=0, minute=0, second=0) - timedelta(days=3)
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for table in NEEDED:
            rows = tiny_snapshot.connection.sql(f"select * from marts.{table}").to_arrow_table()
            connection.register("rows", rows)
            connection.execute(f"create table marts.{table} as select * from rows")
        connection.execute(
            "update marts.expected_invoice_lines set usage_from = ? where expected_line_id = ?",
            [came, tiered["expected_line_id"]],
        )
        changed = replace(tiny_snapshot, connection=connection)
        told = sums_of(changed, None, tiered["expected_invoice_id"], with_events=True)
    since = told.index(f"    usage from {came}, when the price was put on the subscription")
    shown = told[told.index("    usage by day", since) + 1 :]
    days = [text.split()[0] for text in shown[: next(i for i, text in enumerate(shown) if not text.strip())]]
    assert days
    assert min(days) >= f"{came:%Y-%m-%d}"


def test_an_expected_invoice_is_found_by_its_own_id(tiny_home: Home, tiered: dict[str, Any]) -> None:
    by_expected = explained(tiny_home, tiered["expected_invoice_id"])
    by_actual = explained(tiny_home, tiered["matched_invoice_id"])
    marker = f"  how {tiered['expected_invoice_id']} comes about"
    sums = by_expected[by_expected.index(marker) :]
    assert by_actual[by_actual.index(marker) :][: len(sums)] == sums

"""Faults of every stage and category against figures, shares and remedies written by hand: one run of one landing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from app.cli.summary import summary
from tests.cli.test_explain import explained
from tieout.store.home import Home
from tieout.store.snapshots import open_snapshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "faults_alone_and_together_with_their_figures"
EXPECTED: list[dict[str, Any]] = json.loads((GOLDEN / "expected.json").read_text())
FOUND = """
    select discrepancy_id, kind, coalesce(customer_id, object_id) as of, currency, expected_minor, actual_minor,
        impact_minor, stage, severity, month::varchar as month, remedy, explanation, evidence
    from marts.discrepancies
"""
#: Levels whose shares add up to the impact of the finding.
WHOLE_LEVELS = ("line", "invoice", "tie_out")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, run_tieout: Callable[..., CompletedProcess[str]]) -> Home:
    home = tmp_path_factory.mktemp("faults") / "home"
    as_of = (GOLDEN / "as_of").read_text().strip()
    done = run_tieout("run", "--landing", GOLDEN / "landing", "--home", home, "--as-of", as_of)
    assert done.returncode == 0, done.stdout + done.stderr
    return Home(home)


@pytest.fixture(scope="module")
def found(home: Home) -> list[dict[str, Any]]:
    with open_snapshot(home) as snapshot:
        rows = snapshot.rows(FOUND)
    for row in rows:
        evidence = json.loads(row.pop("evidence"))
        row["correctable_until"] = evidence.get("correctable_until")
        expected_invoice_id = evidence.get("expected_invoice_id")
        row["consequences"] = [
            [c["level"], c["shows_in"], "EXPECTED" if c["id"] == expected_invoice_id else c["id"], c["minor"]]
            for c in evidence["consequences"]
        ]
    return rows


def of(found: list[dict[str, Any]], wanted: dict[str, Any]) -> dict[str, Any]:
    (row,) = (row for row in found if (row["kind"], row["of"]) == (wanted["kind"], wanted["of"]))
    return row


@pytest.mark.parametrize("wanted", EXPECTED, ids=lambda wanted: f"{wanted['kind']}-{wanted['of']}")
def test_a_fault_has_the_figures_shares_and_remedy_written_by_hand(
    found: list[dict[str, Any]], wanted: dict[str, Any]
) -> None:
    row = of(found, wanted)
    assert {name: row[name] for name in wanted} == wanted


def test_nothing_else_is_found(found: list[dict[str, Any]]) -> None:
    assert sorted((row["kind"], row["of"]) for row in found) == sorted((row["kind"], row["of"]) for row in EXPECTED)


def test_every_column_has_more_than_one_value() -> None:
    for name in ("expected_minor", "actual_minor", "impact_minor", "stage", "severity", "currency", "month"):
        assert len({row[name] for row in EXPECTED}) > 1, name


def test_shares_of_a_level_add_up_to_the_impact(found: list[dict[str, Any]]) -> None:
    for row in found:
        shares: dict[str, int] = {}
        for level, _, _, minor in row["consequences"]:
            shares[level] = shares.get(level, 0) + minor
        assert all(shares[level] == row["impact_minor"] for level in WHOLE_LEVELS if level in shares), row


def test_shares_of_all_findings_add_up_to_what_a_place_differs_by(home: Home, found: list[dict[str, Any]]) -> None:
    places: dict[tuple[str, str], int] = {}
    for row in found:
        for _, shows_in, id, minor in row["consequences"]:
            places[shows_in, id] = places.get((shows_in, id), 0) + minor
    with open_snapshot(home) as snapshot:
        totals = snapshot.rows("""
            select invoices.invoice_id, expected.total_excl_tax_minor - invoices.total_excl_tax_minor as differs
            from marts.expected_invoices as expected
            inner join marts.invoices on expected.matched_invoice_id = invoices.invoice_id
            where differs <> 0
        """)
        accounts = snapshot.rows("""
            select account, scope, difference_minor from marts.tie_outs
            where difference_minor <> 0 and scope_type = 'document'
        """)
    assert {row["invoice_id"]: row["differs"] for row in totals} == {
        id: minor for (shows_in, id), minor in places.items() if shows_in == "invoice_total"
    }
    assert {(row["account"], row["scope"]): row["difference_minor"] for row in accounts} == {
        place: minor for place, minor in places.items() if place[0] == "accounts_receivable"
    }


def test_totals_are_the_sums_of_the_findings_and_close_the_summary(home: Home) -> None:
    with open_snapshot(home) as snapshot:
        rows = snapshot.rows("""
            select currency, sum(leaked_minor)::bigint as leaked, sum(overcharged_minor)::bigint as overcharged
            from marts.discrepancy_totals group by currency order by currency
        """)
    assert rows == [
        {"currency": "jpy", "leaked": 3000, "overcharged": 0},
        {"currency": "usd", "leaked": 250 + 1000 + 100 + 50 + 80 + 1000 + 50 + 500 + 990, "overcharged": 200},
    ]
    told = summary(home, 1.0).splitlines()
    assert "  in all leaked       JPY 3,000  USD 40.20" in told
    assert "  in all overcharged  USD 2.00" in told


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("usage_late", ["2026-10-04  1 late", "ue_line_2  received 2026-10-05 03:00:00  usage/events.jsonl:4  (late)"]),
        ("meter_mismatch", ["2026-09-25  ours 30, Stripe's 20", "30  ue_meter_1  received"]),
    ],
)
def test_explaining_leads_to_the_days_and_records_that_differ(
    home: Home, found: list[dict[str, Any]], kind: str, told: list[str]
) -> None:
    (row,) = (row for row in found if row["kind"] == kind)
    shown = "\n".join(explained(home, row["discrepancy_id"], "--events"))
    for words in (*told, row["explanation"], row["remedy"]):
        assert words in shown

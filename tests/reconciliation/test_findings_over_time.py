"""One customer over four runs: findings open, resolve, come back under their old id, are accepted, and open again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tieout.store.home import Home
from tieout.store.snapshots import open_snapshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "findings_over_time"
MISSOLD = "contract_quantity_mismatch"
COLUMNS = """
    select kind, status, strftime(first_seen_at, '%d'), strftime(last_seen_at, '%d'), expected_minor, actual_minor,
        impact_minor, stage
    from marts.discrepancies order by kind
"""


@pytest.fixture(scope="module")
def sights(tmp_path_factory: pytest.TempPathFactory, run_tieout: Callable[..., CompletedProcess[str]]) -> list[Home]:
    """A home after each of the four runs, as copies, since the next run may remove an older publication.

    Before the third a person accepts a finding for a week; before the fourth nothing lands.
    """
    folder = tmp_path_factory.mktemp("findings")
    landing, home = folder / "landing", folder / "home"
    homes = []
    steps = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
    for day, step in zip(("10", "20", "25", "30"), [*steps, None], strict=True):
        if day == "25":
            (row,) = rows(Home(home), f"select discrepancy_id from marts.discrepancies where kind = '{MISSOLD}'")
            accept = ("accept", row[0], "--reason", "Two seats go back", "--by", "ada", "--until", "2026-10-29")
            done = run_tieout(*accept, "--landing", landing, "--home", home)
            assert done.returncode == 0, done.stdout + done.stderr
        if step is not None:
            shutil.copytree(step, landing, dirs_exist_ok=True)
        done = run_tieout("run", "--landing", landing, "--home", home, "--as-of", f"2026-10-{day}T00:00:00Z")
        assert done.returncode == 0, done.stdout + done.stderr
        copy = folder / f"home-{day}"
        shutil.copytree(home, copy)
        homes.append(Home(copy))
    return homes


def rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with open_snapshot(home) as snapshot:
        return [tuple(row.values()) for row in snapshot.rows(sql)]


def test_both_faults_are_open_with_their_figures(sights: list[Home]) -> None:
    assert rows(sights[0], COLUMNS) == [
        ("contract_quantity_mismatch", "open", "10", "10", None, None, None, "preventable"),
        ("payment_missing", "open", "10", "10", 3000, 0, 3000, "billed"),
    ]


def test_what_is_mended_stays_as_resolved_with_its_last_sight(sights: list[Home]) -> None:
    assert rows(sights[1], COLUMNS) == [
        ("contract_quantity_mismatch", "resolved", "10", "10", None, None, None, "preventable"),
        ("payment_missing", "resolved", "10", "10", 3000, 0, 3000, "billed"),
    ]


def test_what_is_back_has_its_old_id_and_first_sight_and_may_be_accepted(sights: list[Home]) -> None:
    assert rows(sights[2], COLUMNS)[0] == (
        "contract_quantity_mismatch", "accepted", "10", "25", None, None, None, "preventable",
    )  # fmt: skip
    (evidence,) = rows(sights[2], f"select evidence from marts.discrepancies where kind = '{MISSOLD}'")
    accepted = json.loads(evidence[0])["acceptance"]
    assert (accepted["reason"], accepted["by"], accepted["until"]) == (
        "Two seats go back", "ada", "2026-10-29 00:00:00",
    )  # fmt: skip
    ids = [set(rows(home, "select discrepancy_id from marts.discrepancies")) for home in sights]
    assert all(found == ids[0] for found in ids)


def test_an_acceptance_that_has_run_out_opens_the_finding_again(sights: list[Home]) -> None:
    assert rows(sights[3], COLUMNS)[0] == (
        "contract_quantity_mismatch", "open", "10", "30", None, None, None, "preventable",
    )  # fmt: skip
    assert rows(sights[3], "select customer_id, open_discrepancies from marts.customers") == [("cus_1", 1)]


def test_totals_have_what_is_open_and_no_more(sights: list[Home]) -> None:
    totals = """
        select currency, kind, customer_id, month::varchar, status, discrepancies, leaked_minor, overcharged_minor
        from marts.discrepancy_totals
    """
    assert rows(sights[0], totals) == [("usd", "payment_missing", "cus_1", "2026-10-01", "open", 1, 3000, 0)]
    assert rows(sights[1], totals) == []


def test_sentences_and_evidence_name_people_money_and_records(sights: list[Home]) -> None:
    said = dict(rows(sights[0], "select kind, explanation from marts.discrepancies"))
    assert said == {
        "contract_quantity_mismatch": "Acme Inc bought another quantity of Team seat than is subscribed: 5 sold, "
        "3 subscribed.",
        "payment_missing": "Invoice ACME-0001 of Acme Inc is marked paid with USD 30.00, and no payment stands "
        "behind it.",
    }
    evidence = {
        kind: json.loads(text) for kind, text in rows(sights[0], "select kind, evidence from marts.discrepancies")
    }
    assert evidence["contract_quantity_mismatch"]["contract_id"] == "ctr_1"
    assert evidence["payment_missing"]["charge_ids"] == []
    assert evidence["contract_quantity_mismatch"]["consequences"] == []
    assert evidence["payment_missing"]["consequences"] == [
        {"level": "tie_out", "shows_in": "accounts_receivable", "id": "in_1", "minor": 3000}
    ]
    remedies = dict(rows(sights[0], "select kind, remedy from marts.discrepancies"))
    assert remedies == {
        "contract_quantity_mismatch": "Set the quantity of Team seat on sub_1 to what was sold (5 sold, 3 subscribed), "
        "or amend the contract.",
        "payment_missing": "Find the payment of USD 30.00 and record it on invoice ACME-0001, or collect it again.",
    }


def test_the_invoice_itself_is_reconciled_line_by_line(sights: list[Home]) -> None:
    assert rows(
        sights[0],
        "select invoice_id, price_id, kind, status, expected_minor, actual_minor, difference_minor, "
        "expected_quantity::int from marts.invoice_reconciliation",
    ) == [("in_1", "price_seat", "recurring", "matched", 3000, 3000, 0, 3)]

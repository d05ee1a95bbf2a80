"""One customer over three runs: findings open, resolve, and come back under their old id, this time accepted."""

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
COLUMNS = """
    select kind, status, strftime(first_seen_at, '%d'), strftime(last_seen_at, '%d'), expected_minor, actual_minor,
        impact_minor, stage
    from marts.discrepancies order by kind
"""


@pytest.fixture(scope="module")
def sights(tmp_path_factory: pytest.TempPathFactory, run_tieout: Callable[..., CompletedProcess[str]]) -> list[Home]:
    """A home after each of the three runs, as copies, since the next run may remove an older publication."""
    folder = tmp_path_factory.mktemp("findings")
    landing, home = folder / "landing", folder / "home"
    homes = []
    steps = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
    for day, step in zip(("10", "20", "25"), steps, strict=True):
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
    ids = [set(rows(home, "select discrepancy_id from marts.discrepancies")) for home in sights]
    assert all(found == ids[0] for found in ids)


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
    assert all(each["consequences"] == [] for each in evidence.values())


def test_the_invoice_itself_is_reconciled_line_by_line(sights: list[Home]) -> None:
    assert rows(
        sights[0],
        "select invoice_id, price_id, kind, status, expected_minor, actual_minor, difference_minor, "
        "expected_quantity::int from marts.invoice_reconciliation",
    ) == [("in_1", "price_seat", "recurring", "matched", 3000, 3000, 0, 3)]

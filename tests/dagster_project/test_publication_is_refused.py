"""A candidate that is broken is not published: the last snapshot stays, and the run says which check refused it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from dagster_project import session
from dagster_project.launch import run_tie_out
from tests.conftest import World
from tests.support.spoiling import spoil
from tieout.store import snapshots
from tieout.store.checks import read_check_results
from tieout.store.errors import TieoutError
from tieout.store.home import Home


def test_a_run_whose_ledger_does_not_balance_keeps_the_last_snapshot(
    tiny: World, tiny_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_home.root, tmp_path / "home")
    home = Home(tmp_path / "home")
    before = home.current_path.read_text()
    build = snapshots.build_candidate

    def build_and_spoil(*arguments: Any) -> dict[str, int]:
        counts = build(*arguments)
        run_id = arguments[2]
        spoil(
            snapshots.candidate_path(home, run_id),
            "update marts.ledger_postings set amount_minor = amount_minor + 1 where rowid = 0",
        )
        return counts

    monkeypatch.setattr(session.snapshots, "build_candidate", build_and_spoil)
    with pytest.raises(TieoutError, match="every_ledger_entry_sums_to_zero") as refused:
        run_tie_out(tiny.landing, home, tiny.as_of, lambda progress: None)

    assert "the last snapshot stays in place" in str(refused.value)
    assert home.current_path.read_text() == before
    newest = read_check_results(home)[0]
    assert {
        result["check"] for result in newest.results if not result["is_ok"] and result["severity"] == "critical"
    } == {"every_ledger_entry_sums_to_zero"}

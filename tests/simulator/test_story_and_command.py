"""The demo's company, and `tieout world` as a person types it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import RunTieout
from tieout.simulator import build_world, story_spec
from tieout.simulator.faults import parse_requests


def test_the_story_has_a_dozen_faults_and_all_of_them_find_their_place(tmp_path: Path) -> None:
    spec = story_spec(end=datetime(2026, 11, 1, 9, tzinfo=UTC))
    assert (spec.customers, spec.months) == (300, 3)
    assert len(parse_requests(spec.faults)) >= 12
    build_world(tmp_path / "world", spec)
    truth = json.loads((tmp_path / "world" / "truth.json").read_text())
    assert truth["skipped_faults"] == []
    assert len(truth["faults"]) == len(parse_requests(spec.faults))
    assert truth["as_of"] == "2026-11-01T09:00:00Z"


def test_the_story_ends_just_now_unless_told_otherwise() -> None:
    spec = story_spec()
    assert 0 < (datetime.now(UTC) - spec.end).total_seconds() < 3 * 3600
    assert (spec.end.minute, spec.end.second) == (0, 0)


def test_the_command_makes_a_world(run_tieout: RunTieout, tmp_path: Path) -> None:
    world = tmp_path / "w"
    done = run_tieout(
        "world", world, "--customers", 30, "--months", 2, "--seed", 4, "--faults", "line_missing,payment_missing",
        "--faults", "usage_conflict/value", "--api", "legacy", "--end", "2026-10-01T00:00:00Z", "--events", 5000,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    truth = json.loads((world / "truth.json").read_text())
    planted = json.loads((world / "planted.json").read_text())
    assert {f["kind"] for f in planted} == {"line_missing", "payment_missing", "usage_conflict"}
    assert planted == truth["faults"]
    assert (world / "as_of").read_text() == "2026-10-01T00:00:00Z\n"
    assert 4000 < truth["counts"]["usage_records"] < 6000
    assert [p.name for p in (world / "landing" / "stripe").iterdir()] == ["legacy"]
    assert "30 customers" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [("--faults", "no_such"), ("--customers", "0"), ("--end", "tomorrow"), ("--api", "v1"), ("--months", "1000")],
)
def test_impossible_wishes_are_bad_arguments(run_tieout: RunTieout, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run_tieout("world", tmp_path / "w", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "w").exists()

"""The published rows depend on what has landed, not on how it came: portions, order, copies, kills."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs import scenarios
from tests.support.published import row_count
from tests.support.runs import World, snapshot
from tieout.store.home import Home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
TINY = World(Path(__file__).parents[1] / "golden" / "worlds" / "tiny")
#: About what a run takes where nothing else runs; kills are spread over it, and at least one must have hit.
RUN_SECONDS = 15.0


@pytest.fixture(scope="module")
def one_run(tiny_home: Home) -> Path:
    published = snapshot(tiny_home.root)
    assert row_count(published) > 500, "the world publishes next to nothing; comparing it would prove nothing"
    return published


def test_three_portions_in_random_order_and_everything_twice(one_run: Path, tmp_path: Path) -> None:
    assert scenarios.in_portions(TINY, tmp_path, one_run, count=3, seed=20261101) == []


def test_a_run_killed_twice_and_started_again(one_run: Path, tmp_path: Path) -> None:
    assert scenarios.killed(TINY, tmp_path, one_run, count=2, run_seconds=RUN_SECONDS, seed=7) == []

"""Stripe objects are read block by block: where a block ends changes only how often an embedded object is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import World
from tieout.sources.landing import LandingProgress, land
from tieout.store.lake import read_manifest

Rows = dict[str, list[tuple[Any, ...]]]


def landed(world: World, lake: Path) -> tuple[Rows, dict[str, tuple[int, int]], list[LandingProgress]]:
    """Distinct rows per dataset, records and rejects per file, and what was told on the way."""
    steps: list[LandingProgress] = []
    result = land(world.landing, lake, None, "run1", steps.append)
    manifest = read_manifest(result.manifest)
    with duckdb.connect() as connection:
        rows = {
            dataset: connection.execute(
                "select distinct * exclude (file_hash, line_number) from read_parquet(?) order by all",
                [[str(lake / file) for file in files]],
            ).fetchall()
            for dataset, files in manifest.lake_files.items()
            if dataset.startswith("stripe_")
        }
    counts = {file.path: (file.record_count, file.quarantined_count) for file in manifest.landed_files.values()}
    return rows, counts, [step for step in steps if step.step == "reading Stripe objects"]


@pytest.mark.slow
def test_small_blocks_give_what_one_block_gives(tiny: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, counts, _ = landed(tiny, tmp_path / "one")
    monkeypatch.setattr("tieout.sources.landing.STRIPE_BLOCK_BYTES", 200_000)
    rows_of_blocks, counts_of_blocks, told = landed(tiny, tmp_path / "many")
    assert len(told) > 3
    assert [step.done for step in told] == sorted(step.done for step in told)
    assert counts_of_blocks == counts
    assert rows_of_blocks == rows

"""Landing is idempotent by content, and the same whatever the order and the portions."""

from __future__ import annotations

import gzip
import json
import os
from itertools import permutations
from pathlib import Path

import pytest

from tests.sources.usage.reading import put, read
from tieout.sources.files import LandingError
from tieout.sources.landing import land
from tieout.store.lake import read_manifest, remove_unnamed


def _event(event_id: str, **more: object) -> str:
    fields = {"id": event_id, "customer": "cus_1", "meter": "m", "value": 1, "timestamp": "2026-07-01T10:00:00Z"}
    return json.dumps({**fields, **more}) + "\n"


def test_landing_the_same_files_again_reads_nothing(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    put(landing, "usage/a.jsonl", _event("e1"))
    first = read(landing, home)
    again = read(landing, home, "run2", first.result.manifest)
    assert (again.result.files_new, again.result.batch_number, again.result.files_known) == (0, None, 1)
    assert again.records == first.records
    assert len(list((home / "lake").rglob("usage_records/*.parquet"))) == 1


def test_a_file_that_was_touched_or_copied_is_the_same_file(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    path = put(landing, "usage/b.jsonl", _event("e1"))
    first = read(landing, home)
    os.utime(path, (1, 1))
    put(landing, "usage/a.jsonl", _event("e1"))
    again = read(landing, home, "run2", first.result.manifest)
    assert again.result.files_new == 0
    assert list(again.records) == ["usage/a.jsonl:1"]  # known by the smaller path


def test_content_under_two_names_is_known_by_the_smaller_path_in_any_order(tmp_path: Path) -> None:
    content = "{broken\n" + _event("e1")
    names = ["usage/c.jsonl", "usage/a.jsonl", "usage/b.jsonl"]
    seen = set()
    for number, order in enumerate(permutations(names)):
        landing, home, manifest = tmp_path / f"landing{number}", tmp_path / f"home{number}", None
        for step, name in enumerate(order):
            put(landing, name, content)
            reading = read(landing, home, f"run{step}", manifest)
            manifest = reading.result.manifest
        seen.add((tuple(reading.records), tuple(reading.rejects)))
    assert seen == {(("usage/a.jsonl:2",), ("usage/a.jsonl:1",))}


def test_files_taken_away_stay_known(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    path = put(landing, "usage/a.jsonl", _event("e1"))
    first = read(landing, home)
    path.unlink()
    put(landing, "usage/b.jsonl", _event("e2"))
    again = read(landing, home, "run2", first.result.manifest)
    assert sorted(again.records) == ["usage/a.jsonl:1", "usage/b.jsonl:1"]


def test_the_same_bytes_as_another_format_are_another_content(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    put(landing, "usage/a.jsonl", _event("e1"))
    put(landing, "contracts/a.jsonl", _event("e1"))
    put(landing, "usage/a.jsonl.gz", gzip.compress(_event("e1").encode(), mtime=0))
    reading = read(landing, home)
    assert reading.result.files_new == 3
    assert sorted(reading.records) == ["usage/a.jsonl.gz:1", "usage/a.jsonl:1"]


def test_a_landing_that_dies_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    put(landing, "usage/a.jsonl", _event("e1"))
    first = read(landing, home)
    put(landing, "usage/b.jsonl", _event("e2"))

    def die(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tieout.sources.landing.write_manifest", die)
    with pytest.raises(KeyboardInterrupt):
        land(landing, home / "lake", first.result.manifest, "run2")
    monkeypatch.undo()
    assert len(list((home / "lake").rglob("usage_records/*.parquet"))) == 2
    remove_unnamed(home / "lake", first.result.manifest)
    assert len(list((home / "lake").rglob("usage_records/*.parquet"))) == 1
    again = read(landing, home, "run3", first.result.manifest)
    assert sorted(again.records) == ["usage/a.jsonl:1", "usage/b.jsonl:1"]


def test_a_file_that_has_changed_is_another_content(tmp_path: Path) -> None:
    landing, lake = tmp_path / "landing", tmp_path / "lake"
    put(landing, "usage/a.jsonl", _event("e1"))
    first = land(landing, lake, None, "run1")
    put(landing, "usage/a.jsonl", _event("e1") + _event("e2"))
    again = land(landing, lake, first.manifest, "run2")
    assert (again.files_new, again.records) == (1, 2)
    assert [file.path for file in read_manifest(again.manifest).landed_files.values()] == ["usage/a.jsonl"] * 2


def test_a_landing_area_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LandingError, match="nowhere"):
        read(tmp_path / "nowhere", tmp_path / "home")


def test_counts_of_a_file_are_kept_with_it(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    put(landing, "usage/a.jsonl", _event("e1") + "{broken\n\n" + _event("e2"))
    put(
        landing, "usage/b.csv", "id,customer,meter,value,timestamp\ne3,cus_1,m,1,1782900000\ne4,cus_1,m,-1,1782900000\n"
    )
    put(
        landing,
        "closes/a.jsonl",
        '{"month": "2026-09", "action": "close", "by": "x", "at": "2026-10-05T00:00:00Z"}\n[]\n',
    )
    manifest = read_manifest(read(landing, home).result.manifest)
    counts = {file.path: (file.record_count, file.quarantined_count) for file in manifest.landed_files.values()}
    assert counts == {"usage/a.jsonl": (2, 1), "usage/b.csv": (1, 1), "closes/a.jsonl": (1, 1)}

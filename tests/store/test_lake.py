"""The lake: what a manifest names is exactly what dbt sees; what it does not name is removed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from tieout.store.datasets import DATASETS
from tieout.store.lake import (
    BatchWriter,
    LandedFile,
    Manifest,
    create_lake_views,
    read_manifest,
    remove_unnamed,
    scratch_connection,
    write_manifest,
)

FILE = LandedFile(
    "h1", "usage", "jsonl", "usage/a.jsonl", 10, 5, 1, 0, 1, datetime(2026, 7, 1), (("usage/a.jsonl", 10, 5),)
)


def _write(lake: Path, run_id: str, number: int, lines: int) -> dict[str, list[str]]:
    with scratch_connection(lake) as connection:
        writer = BatchWriter(connection, lake, run_id, number)
        connection.execute(
            "create temp table rejects as select 'h1' as file_hash, range as line_number, 'broken_json' as reason, "
            f"'detail' as detail, 'raw' as raw from range(1, {lines + 1})"
        )
        assert writer.write("usage_rejects", "rejects") == lines
        return writer.files


def _count(lake: Path, manifest: Path | None, view: str = "usage_rejects") -> int:
    with duckdb.connect() as connection:
        create_lake_views(connection, lake, manifest)
        row = connection.execute(f"select count(*) from lake.{view}").fetchone()
        assert row is not None
        return int(row[0])


def test_an_empty_lake_shows_every_dataset_with_its_types(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        create_lake_views(connection, tmp_path, None)
        for dataset, columns in DATASETS.items():
            described = connection.execute(f"describe lake.{dataset}").fetchall()
            assert [row[0] for row in described] == list(columns)
            made = {
                name: connection.execute(f"select typeof(null::{kind})").fetchone() for name, kind in columns.items()
            }
            assert {row[0]: (row[1],) for row in described} == made


def test_what_is_written_is_read_back_with_the_declared_types(tmp_path: Path) -> None:
    files = _write(tmp_path, "run1", 1, 3)
    manifest = write_manifest(tmp_path, "run1", Manifest({"h1": FILE}, {k: tuple(v) for k, v in files.items()}, 1))
    with duckdb.connect() as connection:
        create_lake_views(connection, tmp_path, manifest)
        for dataset, columns in DATASETS.items():
            assert [row[0] for row in connection.execute(f"describe lake.{dataset}").fetchall()] == list(columns)
        rows = connection.execute("select batch_number, line_number from lake.usage_rejects order by 2").fetchall()
        assert rows == [(1, 1), (1, 2), (1, 3)]
        assert connection.execute("select path, record_count from lake.landed_files").fetchall() == [
            ("usage/a.jsonl", 1)
        ]
    assert read_manifest(manifest) == Manifest({"h1": FILE}, {"usage_rejects": tuple(files["usage_rejects"])}, 1)


def test_files_that_the_manifest_does_not_name_do_not_count_and_are_removed(tmp_path: Path) -> None:
    files = _write(tmp_path, "run1", 1, 3)
    manifest = write_manifest(tmp_path, "run1", Manifest({}, {k: tuple(v) for k, v in files.items()}, 1))
    _write(tmp_path, "run2", 2, 5)  # a run that died before it was committed
    write_manifest(tmp_path, "run2", Manifest())
    (tmp_path / "usage_rejects" / ".half.parquet").write_bytes(b"PAR1")
    assert _count(tmp_path, manifest) == 3
    removed = remove_unnamed(tmp_path, manifest)
    assert len(removed) == 3
    assert _count(tmp_path, manifest) == 3
    assert remove_unnamed(tmp_path, manifest) == []


def test_a_relation_that_lacks_a_column_is_refused(tmp_path: Path) -> None:
    with scratch_connection(tmp_path) as connection:
        connection.execute("create temp table rejects as select 'h1' as file_hash, 1 as line_number")
        with pytest.raises(ValueError, match="reason"):
            BatchWriter(connection, tmp_path, "run1", 1).write("usage_rejects", "rejects")


def test_no_rows_make_no_file(tmp_path: Path) -> None:
    with scratch_connection(tmp_path) as connection:
        connection.execute("create temp table rejects as select * from (select 1 as line_number) where false")
        writer = BatchWriter(connection, tmp_path, "run1", 1)
        assert writer.write("usage_rejects", "rejects") == 0
    assert writer.files == {}
    assert not list(tmp_path.rglob("*.parquet"))

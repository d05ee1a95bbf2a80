"""The lake of a home: immutable Parquet batches of everything that has landed, and the manifest that says which of
them count.

``lake/<dataset>/<batch>-<run_id>-<part>.parquet`` are written once and never changed.
``lake/manifest/<run_id>.parquet`` has one row per landed content; its key-value metadata lists every lake file that
belongs to it, so naming one manifest names one state of the lake, whole. What the manifest in force does not name is
left over from a run that died, and is removed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tieout.store.datasets import DATASETS
from tieout.store.files import commit_file, remove

MANIFEST: Final = "manifest"
SCRATCH: Final = "scratch"
ROW_GROUP_BYTES: Final = 64_000_000
_META: Final = b"tieout"
_MANIFEST_SCHEMA: Final = pa.schema(
    [
        pa.field("file_hash", pa.string(), nullable=False),
        pa.field("folder", pa.string(), nullable=False),
        pa.field("format", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("mtime_ns", pa.int64(), nullable=False),
        pa.field("record_count", pa.int64(), nullable=False),
        pa.field("quarantined_count", pa.int64(), nullable=False),
        pa.field("batch_number", pa.int64(), nullable=False),
        pa.field("landed_at", pa.timestamp("us"), nullable=False),
        pa.field(
            "known_paths",
            pa.list_(pa.struct([("path", pa.string()), ("size_bytes", pa.int64()), ("mtime_ns", pa.int64())])),
            nullable=False,
        ),
    ]
)

KnownPath = tuple[str, int, int]  # relative path, size in bytes, mtime in nanoseconds


@dataclass(frozen=True)
class LandedFile:
    """One landed content. ``path`` is the smallest of the relative paths it was seen under."""

    file_hash: str
    folder: str
    format: str
    path: str
    size_bytes: int
    mtime_ns: int
    record_count: int
    quarantined_count: int
    batch_number: int
    landed_at: datetime
    known_paths: tuple[KnownPath, ...]


@dataclass(frozen=True)
class Manifest:
    """One state of the lake: its contents by hash, and its Parquet files by dataset (paths relative to the lake)."""

    landed_files: Mapping[str, LandedFile] = field(default_factory=dict)
    lake_files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    batch_number: int = 0

    def known_paths(self) -> dict[KnownPath, str]:
        """Every path with its size and time that has been read already, with the hash of its content."""
        return {known: file.file_hash for file in self.landed_files.values() for known in file.known_paths}


def read_manifest(path: Path | None) -> Manifest:
    """The manifest in that file; without a file the empty lake. Raises OSError when the file cannot be read."""
    if path is None:
        return Manifest()
    table = pq.read_table(path)
    meta = json.loads((table.schema.metadata or {})[_META])
    landed = {
        row["file_hash"]: LandedFile(
            **{
                **row,
                "known_paths": tuple((k["path"], k["size_bytes"], k["mtime_ns"]) for k in row["known_paths"]),
            }
        )
        for row in table.to_pylist()
    }
    lake_files = {name: tuple(files) for name, files in meta["lake_files"].items()}
    return Manifest(landed, lake_files, meta["batch_number"])


def write_manifest(lake_dir: Path, run_id: str, manifest: Manifest) -> Path:
    """Writes the manifest durably as ``manifest/<run_id>.parquet`` and returns its path."""
    rows = [
        {
            **{name: getattr(file, name) for name in _MANIFEST_SCHEMA.names},
            "known_paths": [
                {"path": path, "size_bytes": size, "mtime_ns": mtime} for path, size, mtime in file.known_paths
            ],
        }
        for file in sorted(manifest.landed_files.values(), key=lambda file: file.file_hash)
    ]
    meta = json.dumps({"batch_number": manifest.batch_number, "lake_files": manifest.lake_files}, sort_keys=True)
    schema = _MANIFEST_SCHEMA.with_metadata({_META: meta.encode()})
    folder = lake_dir / MANIFEST
    folder.mkdir(parents=True, exist_ok=True)
    staged, final = folder / f".{run_id}.parquet", folder / f"{run_id}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), staged, compression="zstd")
    commit_file(staged, final)
    return final


@dataclass
class BatchWriter:
    """Writes one batch's Parquet files; ``files`` tells what was written, by dataset, relative to the lake."""

    connection: duckdb.DuckDBPyConnection
    lake_dir: Path
    run_id: str
    batch_number: int
    files: dict[str, list[str]] = field(default_factory=dict)

    def write(self, dataset: str, relation: str) -> int:
        """Appends the rows of a table or view as one more immutable file of the dataset; returns the count of rows.

        The relation has the dataset's columns (in any order, ``batch_number`` may lack). No rows, no file.
        """
        count = _count(self.connection, relation)
        if count == 0:
            return 0
        columns = DATASETS[dataset]
        present = {row[0] for row in self.connection.execute(f"describe select * from {relation}").fetchall()}
        terms = ", ".join(
            f"{self.batch_number}::bigint as batch_number"
            if name == "batch_number"
            else f'cast("{name}" as {kind}) as "{name}"'
            for name, kind in columns.items()
        )
        if missing := set(columns) - present - {"batch_number"}:
            raise ValueError(f"{relation} lacks the columns {sorted(missing)} of {dataset}")
        folder = self.lake_dir / dataset
        folder.mkdir(parents=True, exist_ok=True)
        names = self.files.setdefault(dataset, [])
        name = f"{self.batch_number:06d}-{self.run_id}-{len(names) + 1:04d}.parquet"
        staged = folder / f".{name}"
        # a row group is whole in memory, once per thread: 122,880 rows of Stripe's largest objects would be 700 MB
        options = f"format parquet, compression zstd, row_group_size_bytes {ROW_GROUP_BYTES}"
        self.connection.execute(f"copy (select {terms} from {relation}) to {_quoted(staged)} ({options})")
        commit_file(staged, folder / name)
        names.append(f"{dataset}/{name}")
        return count


@contextmanager
def scratch_connection(
    lake_dir: Path, *, threads: int | None = None, memory_limit: str = "2GB"
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB for reading landed files; spills into the lake's scratch folder, gone afterwards."""
    folder = lake_dir / SCRATCH
    folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "temp_directory": str(folder),
        "preserve_insertion_order": False,
    }
    if threads is not None:
        config["threads"] = threads
    connection = duckdb.connect(":memory:", config=config)
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def create_lake_views(connection: duckdb.DuckDBPyConnection, lake_dir: Path, manifest_path: Path | None) -> None:
    """Makes schema ``lake`` in the warehouse: one view per dataset over exactly the manifest's files, and
    ``landed_files``.

    A dataset without a file is an empty view with its declared columns. Call it in every run: views hold absolute
    paths.
    """
    manifest = read_manifest(manifest_path)
    connection.execute("create schema if not exists lake")
    for dataset, columns in DATASETS.items():
        files = [str((lake_dir / name).resolve()) for name in manifest.lake_files.get(dataset, ())]
        if files:
            names = ", ".join(f'"{name}"' for name in columns)
            listed = ", ".join(_quoted(file) for file in files)
            query = f"select {names} from read_parquet([{listed}])"
        else:
            query = f"select {_typed_nulls(columns)} where false"
        connection.execute(f"create or replace view lake.{dataset} as {query}")
    query = _landed_files_query(manifest_path)
    connection.execute(f"create or replace view lake.landed_files as {query}")


def _landed_files_query(manifest_path: Path | None) -> str:
    columns = {
        **dict.fromkeys(("file_hash", "folder", "format", "path"), "VARCHAR"),
        **dict.fromkeys(("size_bytes", "mtime_ns", "record_count", "quarantined_count", "batch_number"), "BIGINT"),
        "landed_at": "TIMESTAMP",
    }
    if manifest_path is None:
        return f"select {_typed_nulls(columns)} where false"
    return f"select {', '.join(columns)} from read_parquet({_quoted(manifest_path.resolve())})"


def remove_unnamed(lake_dir: Path, manifest_path: Path | None) -> list[str]:
    """Removes every file of the lake that the manifest in force does not name; returns their relative paths."""
    named = {name for files in read_manifest(manifest_path).lake_files.values() for name in files}
    if manifest_path is not None:
        named.add(f"{MANIFEST}/{manifest_path.name}")
    removed = []
    for path in _files_below(lake_dir):
        relative = path.relative_to(lake_dir).as_posix()
        if relative not in named:
            remove(path)
            removed.append(relative)
    return removed


def _files_below(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else ()


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


def _typed_nulls(columns: Mapping[str, str]) -> str:
    return ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in columns.items())


def _quoted(value: str | Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"

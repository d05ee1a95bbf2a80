"""Lands files: what is new in the landing area becomes one batch of immutable Parquet files, and a manifest that
names it.

Landing is idempotent by content: a file that was read before, under whatever name, is not read again. The same
content under two names is one file, known by the smaller path, whichever was seen first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from tieout.sources.contracts import READERS
from tieout.sources.exact_values import BLANKS, Rejected
from tieout.sources.files import FoundFile, LandingError, content_hash, scan
from tieout.sources.lines import LineReject, in_batches, read_blocks
from tieout.sources.stripe_objects import type_objects
from tieout.sources.usage import Counts, read_usage
from tieout.store.datasets import DATASETS
from tieout.store.lake import BatchWriter, LandedFile, Manifest, read_manifest, scratch_connection, write_manifest

__all__ = ["LandingError", "LandingProgress", "LandingResult", "land", "unread"]

#: Text of Stripe objects that is typed at once; what is made of it takes several times as much memory.
STRIPE_BLOCK_BYTES: Final = 64 * 1024 * 1024
_HASHING_THREADS: Final = 2


@dataclass(frozen=True)
class LandingProgress:
    """How far a landing is: ``step`` in words, ``done`` of ``total`` (0 when unknown)."""

    step: str
    done: int
    total: int


@dataclass(frozen=True)
class LandingResult:
    """What a landing did. ``manifest`` is the file to commit; ``batch_number`` is None when nothing new had landed."""

    manifest: Path
    batch_number: int | None
    files_new: int
    files_known: int
    records: int
    quarantined: int
    ignored_paths: tuple[str, ...]


@dataclass(frozen=True)
class _NewContent:
    """A content not seen before: its hash, one file that has it (the smallest path), and all names it has now."""

    file_hash: str
    file: FoundFile
    names: tuple[FoundFile, ...]


def land(
    landing: Path,
    lake_dir: Path,
    previous_manifest: Path | None,
    run_id: str,
    progress: Callable[[LandingProgress], None] = lambda step: None,
    *,
    threads: int | None = None,
    memory_limit: str = "2GB",
) -> LandingResult:
    """Reads what is new below ``landing`` into the lake and writes the run's manifest.

    Nothing that exists is changed, so a landing that dies leaves only files that no manifest names.

    Args:
        landing: the landing area, a directory.
        lake_dir: the home's lake.
        previous_manifest: the manifest in force, None for an empty lake.
        run_id: names the new files.
        progress: told now and then how far the landing is.
        threads: for DuckDB; all cores when None.
        memory_limit: for DuckDB, for example ``2GB``.

    Raises:
        LandingError: the landing area or a file in it cannot be read.
    """
    manifest = read_manifest(previous_manifest)
    found, ignored = scan(landing)
    known, new = _tell_apart(found, manifest, progress)
    batch_number = manifest.batch_number + 1
    landed_at = datetime.now(UTC).replace(tzinfo=None)
    files = dict(manifest.landed_files)
    for file_hash, names in known.items():
        files[file_hash] = _named_also(files[file_hash], names)
    lake_files = {name: list(paths) for name, paths in manifest.lake_files.items()}
    records = rejects = 0
    if new:
        with scratch_connection(lake_dir, threads=threads, memory_limit=memory_limit) as connection:
            writer = BatchWriter(connection, lake_dir, run_id, batch_number)
            counts = _read_contents(connection, writer, new, progress)
        for dataset, paths in writer.files.items():
            lake_files.setdefault(dataset, []).extend(paths)
        for content in new:
            record_count, reject_count = counts[content.file_hash]
            files[content.file_hash] = _landed(content, record_count, reject_count, batch_number, landed_at)
            records += record_count
            rejects += reject_count
    result = Manifest(
        files,
        {name: tuple(paths) for name, paths in lake_files.items()},
        batch_number if new else manifest.batch_number,
    )
    return LandingResult(
        manifest=write_manifest(lake_dir, run_id, result),
        batch_number=batch_number if new else None,
        files_new=len(new),
        files_known=len(found) - sum(len(content.names) for content in new),
        records=records,
        quarantined=rejects,
        ignored_paths=tuple(ignored),
    )


def unread(landing: Path, manifest: Path | None) -> list[str]:
    """Paths of the files that the next run would read, the smallest name of each content, in order.

    Raises:
        LandingError: the landing area or a file in it cannot be read.
    """
    found, _ = scan(landing)
    _, new = _tell_apart(found, read_manifest(manifest), lambda step: None)
    return sorted(content.file.path for content in new)


def _tell_apart(
    found: Sequence[FoundFile], manifest: Manifest, progress: Callable[[LandingProgress], None]
) -> tuple[dict[str, list[FoundFile]], list[_NewContent]]:
    """Known contents that have names we had not seen, and new contents, by path."""
    known_paths = manifest.known_paths()
    unseen = [file for file in found if (file.path, file.size_bytes, file.mtime_ns) not in known_paths]
    by_content: dict[str, list[FoundFile]] = {}
    with ThreadPoolExecutor(_HASHING_THREADS) as pool:
        for done, (file, file_hash) in enumerate(zip(unseen, pool.map(content_hash, unseen), strict=True), 1):
            progress(LandingProgress("looking at files", done, len(unseen)))
            if file_hash is not None:
                by_content.setdefault(file_hash, []).append(file)
    known = {content: files for content, files in by_content.items() if content in manifest.landed_files}
    new = [
        _NewContent(content, files[0], tuple(files))  # files are in the order of their paths
        for content, files in by_content.items()
        if content not in manifest.landed_files
    ]
    return known, new


def _named_also(landed: LandedFile, names: Iterable[FoundFile]) -> LandedFile:
    more = {(file.path, file.size_bytes, file.mtime_ns) for file in names}
    known_paths = tuple(sorted({*landed.known_paths, *more}))
    return replace(landed, known_paths=known_paths, path=min(path for path, _, _ in known_paths))


def _landed(
    content: _NewContent, record_count: int, reject_count: int, batch_number: int, landed_at: datetime
) -> LandedFile:
    return LandedFile(
        file_hash=content.file_hash,
        folder=content.file.folder,
        format=content.file.format,
        path=content.file.path,
        size_bytes=content.file.size_bytes,
        mtime_ns=content.file.mtime_ns,
        record_count=record_count,
        quarantined_count=reject_count,
        batch_number=batch_number,
        landed_at=landed_at,
        known_paths=tuple((file.path, file.size_bytes, file.mtime_ns) for file in content.names),
    )


def _read_contents(
    connection: duckdb.DuckDBPyConnection,
    writer: BatchWriter,
    contents: Sequence[_NewContent],
    progress: Callable[[LandingProgress], None],
) -> dict[str, tuple[int, int]]:
    """Reads all new contents folder by folder; records and rejects per content."""
    result: dict[str, tuple[int, int]] = {}

    def keep(folder: Sequence[_NewContent], counts: Counts) -> None:
        for number, content in enumerate(folder):
            result[content.file_hash] = (counts.records[number], counts.rejects[number])

    by_folder: dict[str, list[_NewContent]] = {}
    for content in contents:
        by_folder.setdefault(content.file.folder, []).append(content)
    if stripe := by_folder.get("stripe"):
        progress(LandingProgress("reading Stripe objects", 0, len(stripe)))
        keep(
            stripe,
            _read_stripe(
                connection, writer, stripe, lambda count: progress(LandingProgress("reading Stripe objects", count, 0))
            ),
        )
    for folder in READERS:
        if small := by_folder.get(folder):
            keep(small, _read_small(connection, writer, folder, small))
    if usage := by_folder.get("usage"):
        files = [(content.file_hash, content.file) for content in usage]
        keep(
            usage,
            read_usage(
                connection, files, writer, lambda count: progress(LandingProgress("reading usage events", count, 0))
            ),
        )
    return result


def _read_stripe(
    connection: duckdb.DuckDBPyConnection,
    writer: BatchWriter,
    contents: Sequence[_NewContent],
    progress: Callable[[int], None],
) -> Counts:
    """Reads and types block by block, so that a first sync of any size stays within the memory of a day's.

    Lines go into ``landed_lines(file_hash, line_number, text)``; the typing of objects is not known here.
    """
    counts = Counts()
    connection.execute(
        "create or replace temp table landed_lines (file_hash varchar, line_number bigint, text varchar)"
    )
    _load_hashes(connection, contents)
    numbers = {content.file_hash: number for number, content in enumerate(contents)}
    rejects: list[LineReject] = []
    for block in read_blocks([content.file for content in contents], STRIPE_BLOCK_BYTES):
        rejects.extend(block.rejects)
        connection.register("lines", in_batches(block.table))
        connection.execute(
            "insert into landed_lines select f.file_hash, l.line_number, l.text from lines as l "
            r"join reading_files as f using (file_number) where trim(l.text, e' \t\r\n') <> ''"
        )
        connection.unregister("lines")
        _type_landed_lines(connection, writer, numbers, counts)
        connection.execute("truncate landed_lines")
        progress(counts.records.total() + counts.rejects.total())
    connection.execute("drop table landed_lines")
    _write_rejects(connection, writer, "stripe", contents, rejects, counts)
    return counts


def _type_landed_lines(
    connection: duckdb.DuckDBPyConnection, writer: BatchWriter, numbers: dict[str, int], counts: Counts
) -> None:
    """Writes what the block's lines are and counts them by file, whose position ``numbers`` holds by hash."""
    tables = type_objects(connection, writer.batch_number)
    for dataset, table in tables.items():
        writer.write(dataset, table)
    rejected = connection.execute(
        f"select file_hash, count(distinct line_number) from {tables['landing_rejects']} group by all"
    ).fetchall()
    for file_hash, count in rejected:
        counts.rejects[numbers[file_hash]] += count
        counts.records[numbers[file_hash]] -= count
    for file_hash, count in connection.execute("select file_hash, count(*) from landed_lines group by all").fetchall():
        counts.records[numbers[file_hash]] += count
    for table in tables.values():
        connection.execute(f"drop table {table}")


def _read_small(
    connection: duckdb.DuckDBPyConnection, writer: BatchWriter, folder: str, contents: Sequence[_NewContent]
) -> Counts:
    counts = Counts()
    rows: list[dict[str, Any]] = []
    rejects: list[LineReject] = []
    for block in read_blocks([content.file for content in contents]):
        rejects.extend(block.rejects)
        for number, line, text in zip(*(column.to_pylist() for column in block.table.columns), strict=True):
            if not text.strip(BLANKS):
                continue
            try:
                row = READERS[folder](text)
            except Rejected as error:
                rejects.append(LineReject(number, line, error.reason, error.detail, text))
                continue
            rows.append({"file_hash": contents[number].file_hash, "line_number": line, **row, "raw": text})
            counts.records[number] += 1
    if rows:
        table = pa.Table.from_pylist(rows, schema=_arrow_schema(connection, folder))
        connection.register("small_rows", table)
        writer.write(folder, "small_rows")
        connection.unregister("small_rows")
    _write_rejects(connection, writer, folder, contents, rejects, counts)
    return counts


def _arrow_schema(connection: duckdb.DuckDBPyConnection, dataset: str) -> pa.Schema:
    columns = {name: kind for name, kind in DATASETS[dataset].items() if name != "batch_number"}
    terms = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in columns.items())
    schema: pa.Schema = connection.sql(f"select {terms}").to_arrow_table().schema
    return schema


def _write_rejects(
    connection: duckdb.DuckDBPyConnection,
    writer: BatchWriter,
    folder: str,
    contents: Sequence[_NewContent],
    rejects: Sequence[LineReject],
    counts: Counts,
) -> None:
    if not rejects:
        return
    rows = [
        {
            "file_hash": contents[reject.file_number].file_hash,
            "line_number": reject.line_number,
            "folder": folder,
            "reason": str(reject.reason),
            "detail": reject.detail,
            "raw": reject.raw,
        }
        for reject in rejects
    ]
    connection.register("line_rejects", pa.Table.from_pylist(rows, schema=_arrow_schema(connection, "landing_rejects")))
    writer.write("landing_rejects", "line_rejects")
    connection.unregister("line_rejects")
    counts.rejects.update(Counter(reject.file_number for reject in rejects))


def _load_hashes(connection: duckdb.DuckDBPyConnection, contents: Sequence[_NewContent]) -> None:
    hashes = pa.table(
        {
            "file_number": pa.array(range(len(contents)), pa.int32()),
            "file_hash": [content.file_hash for content in contents],
        }
    )
    connection.register("loading", hashes)
    connection.execute("create or replace temp table reading_files as select * from loading")
    connection.unregister("loading")

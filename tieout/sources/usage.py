"""Reads landed usage files into the lake: three shapes, four file formats, set-based.

Every format becomes the same table of candidates (texts by role), which SQL types. What SQL accepts is right beyond
doubt; every other record is read again by :mod:`tieout.sources.usage_record`, which alone decides what is rejected
and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb
import pyarrow as pa

from tieout.sources.files import FoundFile
from tieout.sources.lines import LineReject, read_blocks
from tieout.sources.usage_record import BLANKS, Rejected, UsageRecord, read_json, read_native
from tieout.sources.usage_sql import statement
from tieout.sources.usage_tables import FIELDS, read_csv, read_parquet
from tieout.store.lake import BatchWriter

PART_ROWS: Final = 1_000_000  # rows per Parquet file: bounds the memory of a landing of any size
_PLAIN_COLUMNS: Final = (
    "t.shape, t.id_space, t.event_id, t.customer_ref, t.meter, t.value, t.occurred_at, t.fraction_digits, "
    "t.received_at, t.properties, t.payload, t.text as raw"
)
_EXACT_SCHEMA: Final = pa.schema(
    [
        ("file_number", pa.int32()),
        ("line_number", pa.int64()),
        ("shape", pa.string()),
        ("id_space", pa.string()),
        ("event_id", pa.string()),
        ("customer_ref", pa.string()),
        ("meter", pa.string()),
        ("value", pa.decimal128(30, 12)),
        ("occurred_at", pa.timestamp("us")),
        ("fraction_digits", pa.int8()),
        ("received_at", pa.timestamp("us")),
        ("voids", pa.string()),
        ("properties", pa.string()),
        ("payload", pa.string()),
        ("raw", pa.string()),
    ]
)
_REJECT_SCHEMA: Final = pa.schema(
    [
        ("file_number", pa.int32()),
        ("line_number", pa.int64()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("raw", pa.string()),
    ]
)
Progress = Callable[[int], None]


@dataclass
class Counts:
    """Records and rejects per file, by the file's position in the list that was read."""

    records: Counter[int] = field(default_factory=Counter)
    rejects: Counter[int] = field(default_factory=Counter)


def read_usage(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[str, FoundFile]],
    writer: BatchWriter,
    progress: Progress = lambda count: None,
) -> Counts:
    """Reads the files, given with their hashes, and writes ``usage_records`` and ``usage_rejects``. Tells how many
    came of each.

    ``progress`` is told the count of records read so far.
    """
    reader = _UsageReader(connection, files, writer, progress)
    json_files = [(number, file) for number, (_, file) in enumerate(files) if file.format == "jsonl"]
    csv_files = [(number, file) for number, (_, file) in enumerate(files) if file.format == "csv"]
    parquet_files = [(number, file) for number, (_, file) in enumerate(files) if file.format == "parquet"]
    reader.read_json_lines(json_files)
    for table, rejects in read_csv(csv_files):
        reader.add_rejects(rejects)
        reader.read_table(table)
    for table, rejects in read_parquet(connection, parquet_files):
        reader.add_rejects(rejects)
        reader.read_table(table)
    reader.flush()
    return reader.counts


class _UsageReader:
    """Holds the temp tables of a landing: records and rejects that wait to be written."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        files: Sequence[tuple[str, FoundFile]],
        writer: BatchWriter,
        progress: Progress,
    ) -> None:
        self.connection = connection
        self.writer = writer
        self.progress = progress
        self.counts = Counts()
        self._waiting = 0
        self._read = 0
        hashes = pa.table({"file_number": pa.array(range(len(files)), pa.int32()), "file_hash": [h for h, _ in files]})
        self._load("reading_files", hashes)
        connection.execute(statement("macros"))
        self._clear()

    def read_json_lines(self, files: Sequence[tuple[int, FoundFile]]) -> None:
        numbers = [number for number, _ in files]
        for block in read_blocks([file for _, file in files]):
            self.add_rejects([_renumbered(reject, numbers) for reject in block.rejects])
            if block.table.num_rows == 0:
                continue
            lines = _with_numbers(block.table, numbers)
            self.connection.register("lines", lines)
            self.connection.execute(statement("json_candidates"))
            self.connection.unregister("lines")
            self._take_candidates()

    def read_table(self, table: pa.Table) -> None:
        """Reads rows of CSV or Parquet, given as texts (``usage_tables.SCHEMA``)."""
        if table.num_rows:
            self.connection.register("rows", table)
            self.connection.execute(statement("native_candidates"))
            self.connection.unregister("rows")
            self._take_candidates()

    def _take_candidates(self) -> None:
        run = self.connection.execute
        run(
            "create or replace temp table doubled_keys as "
            "with seen as (select distinct keys from candidates where keys is not null) "
            "select keys from seen where list_unique(keys) < len(keys)"
        )
        run(statement("plain_records"))
        run(
            f"insert into usage_records by name select f.file_hash, t.file_number, t.line_number, {_PLAIN_COLUMNS} "
            "from typed as t join reading_files as f using (file_number) where t.is_good"
        )
        for number, count in run("select file_number, count(*) from typed where is_good group by all").fetchall():
            self.counts.records[number] += count
            self._waiting += count
        unusual = run("select file_number, line_number, text, fields from typed where not is_good").fetchall()
        self._read_exactly(unusual)
        self._read = sum(self.counts.records.values())
        self.progress(self._read)
        if self._waiting >= PART_ROWS:
            self.flush()

    def _read_exactly(self, unusual: Sequence[tuple[int, int, str, list[str | None] | None]]) -> None:
        records: list[dict[str, Any]] = []
        rejects: list[LineReject] = []
        for number, line, text, fields in unusual:
            if fields is None and not text.strip(BLANKS):
                continue  # a blank line is no record
            try:
                record = read_json(text) if fields is None else read_native(dict(zip(FIELDS, fields, strict=True)))
            except Rejected as error:
                rejects.append(LineReject(number, line, error.reason, error.detail, text))
                continue
            records.append(_row(number, line, text, record))
            self.counts.records[number] += 1
        if records:
            self._load("exact_records", pa.Table.from_pylist(records, schema=_EXACT_SCHEMA))
            self.connection.execute(
                "insert into usage_records by name "
                "select f.file_hash, e.* from exact_records as e join reading_files as f using (file_number)"
            )
            self._waiting += len(records)
        self.add_rejects(rejects)

    def add_rejects(self, rejects: Sequence[LineReject]) -> None:
        if not rejects:
            return
        rows = [
            {
                "file_number": reject.file_number,
                "line_number": reject.line_number,
                "reason": str(reject.reason),
                "detail": reject.detail,
                "raw": reject.raw,
            }
            for reject in rejects
        ]
        self._load("new_rejects", pa.Table.from_pylist(rows, schema=_REJECT_SCHEMA))
        self.connection.execute(
            "insert into usage_rejects by name select f.file_hash, r.* exclude (file_number) "
            "from new_rejects as r join reading_files as f using (file_number)"
        )
        self.counts.rejects.update(reject.file_number for reject in rejects)

    def flush(self) -> None:
        """Writes what waits as one more part of the batch."""
        self.writer.write("usage_records", "usage_records")
        self.writer.write("usage_rejects", "usage_rejects")
        self._clear()

    def _clear(self) -> None:
        self._waiting = 0
        self.connection.execute(statement("waiting_tables"))

    def _load(self, name: str, table: pa.Table) -> None:
        self.connection.register("loading", table)
        self.connection.execute(f"create or replace temp table {name} as select * from loading")
        self.connection.unregister("loading")


def _row(number: int, line: int, text: str, record: UsageRecord) -> dict[str, Any]:
    return {"file_number": number, "line_number": line, "raw": text, **record.__dict__}


def _renumbered(reject: LineReject, numbers: list[int]) -> LineReject:
    return LineReject(numbers[reject.file_number], reject.line_number, reject.reason, reject.detail, reject.raw)


def _with_numbers(table: pa.Table, numbers: list[int]) -> pa.Table:
    """The lines with their file's position among all files instead of among those that are lines."""
    column = pa.array(numbers, pa.int32()).take(table.column("file_number").combine_chunks())
    batches = pa.Table.from_arrays(
        [column, table.column("line_number"), table.column("text")], schema=table.schema
    ).to_batches(max_chunksize=16_384)
    return pa.Table.from_batches(batches, schema=table.schema)

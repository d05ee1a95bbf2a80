"""Reads landed usage files into the lake: three shapes, four file formats, set-based.

Every format becomes the same table of candidates (texts by role), which SQL types. What SQL accepts is right beyond
doubt; every other record is read again by :mod:`tieout.sources.usage_record`, which alone decides what is rejected
and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tieout.sources.exact_values import BLANKS, Rejected
from tieout.sources.files import FoundFile
from tieout.sources.lines import LineReject, in_batches, read_blocks
from tieout.sources.usage_record import UsageRecord, read_json, read_native
from tieout.sources.usage_sql import statement
from tieout.sources.usage_tables import FIELDS, read_csv, read_parquet
from tieout.store.lake import BatchWriter

PART_ROWS: Final = 1_000_000  # rows per Parquet file: bounds the memory of a landing of any size
# what a line has that no other shape has, as in `_with_markers`, and who reads it
MARKED: Final = ("json_native", "json_stripe", "json_cloudevents")
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
        ("is_good", pa.bool_()),
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
        self._block = 0
        hashes = pa.table({"file_number": pa.array(range(len(files)), pa.int32()), "file_hash": [h for h, _ in files]})
        connection.register("loading", hashes)
        connection.execute("create or replace temp table reading_files as select * from loading")
        connection.unregister("loading")
        connection.execute(statement("macros"))
        self._clear()

    def read_json_lines(self, files: Sequence[tuple[int, FoundFile]]) -> None:
        numbers = pa.array([number for number, _ in files], pa.int32())
        for block in read_blocks([file for _, file in files]):
            self.add_rejects([_renumbered(reject, numbers) for reject in block.rejects])
            if block.table.num_rows == 0:
                continue
            lines, markers = _with_markers(block.table, numbers)
            self.connection.register("lines", lines)
            for marker in markers:
                self._take(MARKED[marker])
            self.connection.unregister("lines")
            self._end_block()

    def read_table(self, table: pa.Table) -> None:
        """Reads rows of CSV or Parquet, given as texts (``usage_tables.SCHEMA``)."""
        if table.num_rows:
            self.connection.register("rows", table)
            self._take("native_rows")
            self.connection.unregister("rows")
            self._end_block()

    def _take(self, candidates: str) -> None:
        """Types the candidates that the named statement makes."""
        query = f"with {statement(candidates)} {statement('plain_records')}"
        self.connection.execute(f"insert into waiting by name {query}", {"block": self._block})

    def _end_block(self) -> None:
        """Gives what is not plain in this block to the exact reader; writes a part when enough waits."""
        run = self.connection.execute
        # few records have keys that we do not know; among those, a key that is there twice is for the exact reader
        run(
            "update waiting set is_good = false where block = $block and keys in ("
            "with seen as (select distinct keys from waiting where block = $block and keys is not null) "
            "select keys from seen where list_unique(keys) < len(keys))",
            {"block": self._block},
        )
        counted = "select file_number, count(*) from waiting where block = $block and is_good group by all"
        for number, count in run(counted, {"block": self._block}).fetchall():
            self.counts.records[number] += count
            self._waiting += count
        unusual = "select file_number, line_number, raw, fields from waiting where block = $block and not is_good"
        self._read_exactly(run(unusual, {"block": self._block}).fetchall())
        self._block += 1
        self.progress(sum(self.counts.records.values()))
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
            self._append("waiting", pa.Table.from_pylist(records, schema=_EXACT_SCHEMA))
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
        self._append("waiting_rejects", pa.Table.from_pylist(rows, schema=_REJECT_SCHEMA))
        self.counts.rejects.update(reject.file_number for reject in rejects)

    def flush(self) -> None:
        """Writes what waits as one more part of the batch."""
        self.writer.write("usage_records", "usage_records")
        self.writer.write("usage_rejects", "usage_rejects")
        self._clear()

    def _clear(self) -> None:
        self._waiting = 0
        self.connection.execute(statement("waiting_tables"))

    def _append(self, name: str, table: pa.Table) -> None:
        self.connection.register("loading", table)
        self.connection.execute(f"insert into {name} by name select * from loading")
        self.connection.unregister("loading")


def _row(number: int, line: int, text: str, record: UsageRecord) -> dict[str, Any]:
    return {"file_number": number, "line_number": line, "raw": text, "is_good": True, **record.__dict__}


def _renumbered(reject: LineReject, numbers: pa.Array) -> LineReject:
    return replace(reject, file_number=numbers[reject.file_number].as_py())


def _with_markers(table: pa.Table, numbers: pa.Array) -> tuple[pa.Table, list[int]]:
    """The lines with their file's position among all files, and with what marks their shape; and the markers there
    are.
    """
    text = table.column("text")
    is_stripe = pc.match_substring(text, '"event_name"').cast(pa.int8())
    is_cloud = pc.match_substring(text, '"specversion"')
    marker = pc.if_else(is_cloud, pa.scalar(2, pa.int8()), is_stripe)
    lines = pa.table(
        {
            "file_number": pc.take(numbers, table.column("file_number")),
            "line_number": table.column("line_number"),
            "text": text,
            "marker": marker,
        }
    )
    return in_batches(lines), sorted(pc.unique(marker).to_pylist())

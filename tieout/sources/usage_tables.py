"""Reads usage tables, CSV and Parquet, as rows of texts with the line where each record starts.

CSV is read in bulk where every record is one line. Where that is not so (quoted newlines, blank lines, bytes that are
no text, another number of fields) the piece is read record by record, so that line numbers stay true and a broken
record costs only its own first line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tieout.core.quarantine import Reason
from tieout.sources.exact_values import BLANKS
from tieout.sources.files import FoundFile, LandingError
from tieout.sources.lines import LINE_LIMIT, RAW_LIMIT, LineReject, read_pieces
from tieout.sources.usage_record import NATIVE_FIELDS

FIELDS: Final = NATIVE_FIELDS
SCHEMA: Final = pa.schema(
    [
        ("file_number", pa.int32()),
        ("line_number", pa.int64()),
        ("text", pa.string()),
        *((name, pa.string()) for name in FIELDS),
    ]
)
PARQUET_ROWS: Final = 200_000
_BLOCK_ROWS: Final = 200_000

TableAndRejects = tuple[pa.Table, list[LineReject]]


def read_csv(files: Sequence[tuple[int, FoundFile]]) -> Iterator[TableAndRejects]:
    """Rows of CSV files, given with their numbers; several small files in one table."""
    csv.field_size_limit(LINE_LIMIT)
    tables: list[pa.Table] = []
    rejects: list[LineReject] = []
    rows = 0
    for number, file in files:
        for table, found in _read_csv_file(number, file):
            tables.append(table)
            rejects.extend(found)
            rows += table.num_rows
            if rows >= _BLOCK_ROWS:
                yield _one_table(tables), rejects
                tables, rejects, rows = [], [], 0
    if tables or rejects:
        yield _one_table(tables), rejects


def read_parquet(
    connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[int, FoundFile]]
) -> Iterator[TableAndRejects]:
    """Rows of Parquet files; a record's line is its row number from 1. Typed columns become texts without loss."""
    for number, file in files:
        row = 1
        try:
            with pq.ParquetFile(file.location) as reader:
                for batch in reader.iter_batches(batch_size=PARQUET_ROWS):
                    yield _parquet_texts(connection, number, row, pa.Table.from_batches([batch])), []
                    row += batch.num_rows
        except (pa.ArrowException, pa.ArrowInvalid, OSError) as error:
            if isinstance(error, FileNotFoundError | PermissionError):
                raise LandingError(f"{file.path} cannot be read: {error.strerror}") from error
            detail = f"the file cannot be read as Parquet from here: {str(error).splitlines()[0]}"
            yield SCHEMA.empty_table(), [LineReject(number, row, Reason.CORRUPT_FILE, detail, "")]


def _one_table(tables: Sequence[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    return pa.Table.from_batches(whole.combine_chunks().to_batches(max_chunksize=16_384), schema=SCHEMA)


def _read_csv_file(number: int, file: FoundFile) -> Iterator[TableAndRejects]:
    header: list[str] | None = None
    for found in _whole_records(number, file):
        if isinstance(found, LineReject):
            yield SCHEMA.empty_table(), [found]
            continue
        first_line, data = found
        if header is None:
            header, used = _read_header(data)
            first_line, data = first_line + used, b"".join(_physical_lines(data)[used:])
            doubled = sorted({name for name in header if name in FIELDS and header.count(name) > 1})
            if doubled:
                detail = f"the header names the column {', '.join(doubled)} twice"
                yield SCHEMA.empty_table(), [LineReject(number, 1, Reason.BROKEN_CSV, detail, ",".join(header))]
                return
        if data:
            fast = _read_clean(number, first_line, data, header)
            yield (fast, []) if fast is not None else _read_record_by_record(number, first_line, data, header)


def _whole_records(number: int, file: FoundFile) -> Iterator[tuple[int, bytes] | LineReject]:
    """Pieces of a file that end between records: where the quotes so far are closed, or too much would be held."""
    held: list[bytes] = []
    first_line, size, quotes = 1, 0, 0
    for found in read_pieces(number, file):
        if isinstance(found, LineReject):
            if held:
                yield first_line, b"".join(held)
                held, size, quotes = [], 0, 0
            yield found
            continue
        if not held:
            first_line = found.first_line
        held.append(found.data)
        size += len(found.data)
        quotes += found.data.count(b'"')
        if quotes % 2 == 0 or size > LINE_LIMIT:
            yield first_line, b"".join(held)
            held, size, quotes = [], 0, 0
    if held:
        yield first_line, b"".join(held)


def _read_header(data: bytes) -> tuple[list[str], int]:
    reader = csv.reader(line.decode(errors="replace") for line in _physical_lines(data))
    header = next(reader, [])
    return [name.strip() for name in header], reader.line_num


def _read_clean(number: int, first_line: int, data: bytes, header: list[str]) -> pa.Table | None:
    """The rows when every line is a record of the header's width, else None."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if b"\r" in data or b"\0" in data:
        return None
    line_count = data.count(b"\n")
    names = [name if name in FIELDS else f"other {position}" for position, name in enumerate(header)]
    try:
        rows = pacsv.read_csv(
            pa.BufferReader(data),
            read_options=pacsv.ReadOptions(column_names=names, block_size=LINE_LIMIT, use_threads=False),
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=True
            ),
        )
    except pa.ArrowInvalid:
        return None
    if rows.num_rows != line_count:
        return None
    text = pa.array(data[:-1].decode().split("\n"), pa.string())
    missing = pa.nulls(line_count, pa.string())
    columns = [
        pa.array(np.full(line_count, number, dtype=np.int32)),
        pa.array(np.arange(first_line, first_line + line_count, dtype=np.int64)),
        text,
        *((rows.column(name).combine_chunks() if name in names else missing) for name in FIELDS),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _read_record_by_record(number: int, first_line: int, data: bytes, header: list[str]) -> TableAndRejects:
    lines = [line.decode(errors="surrogateescape") for line in _physical_lines(data)]
    rows: list[dict[str, object]] = []
    rejects: list[LineReject] = []
    position = 0
    while position < len(lines):
        if not lines[position].strip(BLANKS):
            position += 1
            continue
        line_number = first_line + position
        fields, used = _next_record(lines, position)
        raw = "".join(lines[position : position + used]).rstrip("\r\n")
        problem = _problem(fields, raw, header)
        if problem is not None and used > 1:  # it may have swallowed good records: only its first line is lost
            used, raw = 1, lines[position].rstrip("\r\n")
        position += used
        if problem is not None:
            shown = raw[:RAW_LIMIT].encode(errors="surrogateescape").decode(errors="replace")
            rejects.append(LineReject(number, line_number, *problem, shown))
            continue
        named = {name: field for name, field in zip(header, fields, strict=True) if name in FIELDS}
        rows.append({"file_number": number, "line_number": line_number, "text": raw, **named})
    return pa.Table.from_pylist(rows, schema=SCHEMA), rejects


def _physical_lines(data: bytes) -> list[bytes]:
    return [line + b"\n" for line in data.split(b"\n")[:-1]]


def _next_record(lines: list[str], position: int) -> tuple[list[str], int]:
    reader = csv.reader(lines[index] for index in range(position, len(lines)))
    try:
        return next(reader), reader.line_num
    except csv.Error:
        return [], max(reader.line_num, 1)


def _problem(fields: list[str], raw: str, header: list[str]) -> tuple[Reason, str] | None:
    if any("\udc80" <= character <= "\udcff" for character in raw):
        return Reason.INVALID_UTF8, "the row is not UTF-8 text"
    if raw.count('"') % 2:
        return Reason.BROKEN_CSV, "the row has a quote that is not closed"
    if len(fields) != len(header):
        return Reason.BROKEN_CSV, f"the row has {len(fields)} fields, the header has {len(header)}"
    return None


def _parquet_texts(connection: duckdb.DuckDBPyConnection, number: int, first_row: int, rows: pa.Table) -> pa.Table:
    kinds = {field.name: field.type for field in rows.schema}
    terms = {name: _as_text(name, kinds[name]) if name in kinds else "null::varchar" for name in FIELDS}
    packed = ", ".join(f"{_quoted(name)} := {term}" for name, term in terms.items())
    connection.register("parquet_rows", rows)
    try:
        # order is kept: the rows are numbered by their position in the Arrow table
        connection.execute("set preserve_insertion_order = true")
        texts = connection.sql(
            f"select json_merge_patch('{{}}', to_json(fields))::varchar as text, fields.* "
            f"from (select struct_pack({packed}) as fields from parquet_rows)"
        ).to_arrow_table()
    finally:
        connection.execute("set preserve_insertion_order = false")
        connection.unregister("parquet_rows")
    count = texts.num_rows
    numbers = pa.array(np.full(count, number, dtype=np.int32))
    lines = pa.array(np.arange(first_row, first_row + count, dtype=np.int64))
    columns = [pc.cast(texts.column(name), pa.string()) for name in ("text", *FIELDS)]
    return pa.Table.from_arrays([numbers, lines, *columns], schema=SCHEMA)


def _as_text(name: str, kind: pa.DataType) -> str:
    """SQL that gives the column as the text a JSON line would have. Naive timestamps are UTC."""
    column = _quoted(name)
    if pa.types.is_timestamp(kind):
        moment = f"({column} at time zone 'UTC')::timestamp" if kind.tz else f"{column}::timestamp"
        whole = f"strftime({moment}, '%Y-%m-%dT%H:%M:%S')"
        fraction = f"case when epoch_us({moment}) % 1000000 <> 0 then strftime({moment}, '.%f') end"
        return f"{whole} || coalesce({fraction}, '') || case when {column} is not null then 'Z' end"
    if pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        return f"regexp_replace({column}::varchar, '(\\.[0-9]*?)0+$', '\\1').rtrim('.')"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return f"try(decode({column}))"
    if pa.types.is_nested(kind):
        return f"to_json({column})::varchar"
    return f"{column}::varchar"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

"""Reads lines of landed files in bulk, with true line numbers, whatever bytes are in them.

A line ends at LF; a CR before it is not part of it; a byte order mark at the start of a file is not part of its first
line. Lines are handed on as Arrow tables of about ``BLOCK_BYTES``, several small files in one, so that hundreds of
files cost a few scans. Lines that are no text, or too long, and the place where a gzip file breaks off, are handed on
as rejects; everything before them counts.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.core.quarantine import Reason
from tieout.sources.files import FoundFile, LandingError

BLOCK_BYTES: Final = 32 * 1024 * 1024  # a block and what is made of it stay far below the memory of a small machine
LINE_LIMIT: Final = 16 * 1024 * 1024  # DuckDB's own limit for one JSON object
RAW_LIMIT: Final = 64 * 1024  # of a line beyond the limit, this much is kept in quarantine
_READ_BYTES: Final = 2 * 1024 * 1024
_INFLATE_BYTES: Final = 256 * 1024
_BATCH_ROWS: Final = 16_384  # DuckDB spreads an Arrow table over its threads by record batch
_BOM: Final = b"\xef\xbb\xbf"

LINES_SCHEMA: Final = pa.schema([("file_number", pa.int32()), ("line_number", pa.int64()), ("text", pa.string())])


@dataclass(frozen=True)
class LineReject:
    """A line that cannot be handed on as text. ``raw`` has � where bytes are no text."""

    file_number: int
    line_number: int
    reason: Reason
    detail: str
    raw: str


@dataclass(frozen=True)
class LineBlock:
    """Lines of one or more files: ``table`` as ``LINES_SCHEMA`` says, blank lines included, and the rejects among
    them.
    """

    table: pa.Table
    rejects: tuple[LineReject, ...]


@dataclass(frozen=True)
class Piece:
    """Whole lines of one file, each ended by LF."""

    file_number: int
    first_line: int
    data: bytes


class _Corrupt(Exception):
    """The compressed data breaks off or is damaged; what came before was handed on."""


def read_blocks(files: Sequence[FoundFile], block_bytes: int = BLOCK_BYTES) -> Iterator[LineBlock]:
    """All lines of the files, whose position in ``files`` is their ``file_number``."""
    waiting: list[Piece] = []
    rejects: list[LineReject] = []
    size = 0
    for file_number, file in enumerate(files):
        for found in read_pieces(file_number, file):
            if isinstance(found, LineReject):
                rejects.append(found)
                continue
            waiting.append(found)
            size += len(found.data)
            if size >= block_bytes:
                yield _to_block(waiting, rejects)
                waiting, rejects, size = [], [], 0
    if waiting or rejects:
        yield _to_block(waiting, rejects)


def read_pieces(file_number: int, file: FoundFile) -> Iterator[Piece | LineReject]:
    """The lines of one file as pieces of some megabytes, rejects among them."""
    line, carry, is_dropping = 1, b"", False
    corrupt: _Corrupt | None = None
    chunks = _inflate(_read_plain(file)) if file.is_gzip else _read_plain(file)
    is_first = True
    while True:
        try:
            chunk = next(chunks, None)
        except _Corrupt as error:
            corrupt, chunk = error, None
        if chunk is None:
            break
        data = carry + chunk
        if is_first:
            if len(data) < len(_BOM):
                carry = data
                continue
            data, is_first = data.removeprefix(_BOM), False
        end = data.rfind(b"\n")
        if is_dropping:
            start = data.find(b"\n")
            if start < 0:
                carry = data[:RAW_LIMIT]
                continue
            yield _too_long(file_number, line, carry)
            line, is_dropping, data = line + 1, False, data[start + 1 :]
            end = data.rfind(b"\n")
        carry = data[end + 1 :]
        if end >= 0:
            yield from _split_long(file_number, line, data[: end + 1])
            line += data.count(b"\n", 0, end + 1)
        if len(carry) > LINE_LIMIT:
            is_dropping = True
    if is_first and b"\n" in carry:  # a file of two bytes at most
        yield from _split_long(file_number, line, carry[: carry.rfind(b"\n") + 1])
        line += carry.count(b"\n")
        carry = carry[carry.rfind(b"\n") + 1 :]
    if is_dropping:
        yield _too_long(file_number, line, carry)
        line += 1
    elif carry and corrupt is None:
        yield from _split_long(file_number, line, carry + b"\n")
    if corrupt is not None:
        raw = carry[:RAW_LIMIT].decode(errors="replace")
        yield LineReject(file_number, line, Reason.CORRUPT_FILE, f"the file {corrupt}", raw)


def _split_long(file_number: int, first_line: int, data: bytes) -> Iterator[Piece | LineReject]:
    """The lines as one piece; with a line over the limit among them, as pieces around it."""
    if len(data) <= LINE_LIMIT:
        yield Piece(file_number, first_line, data)
        return
    begin = begin_line = 0
    position = number = 0
    while position < len(data):
        end = data.index(b"\n", position) + 1
        if end - position - 1 > LINE_LIMIT:
            if position > begin:
                yield Piece(file_number, first_line + begin_line, data[begin:position])
            yield _too_long(file_number, first_line + number, data[position : position + RAW_LIMIT])
            begin, begin_line = end, number + 1
        position, number = end, number + 1
    if begin < len(data):
        yield Piece(file_number, first_line + begin_line, data[begin:])


def _too_long(file_number: int, line: int, start: bytes) -> LineReject:
    raw = start[:RAW_LIMIT].decode(errors="replace")
    return LineReject(
        file_number, line, Reason.LINE_TOO_LONG, f"the line is longer than {LINE_LIMIT // 1024 // 1024} MB", raw
    )


def _read_plain(file: FoundFile) -> Iterator[bytes]:
    try:
        with file.location.open("rb") as stream:
            while chunk := stream.read(_READ_BYTES):
                yield chunk
    except OSError as error:
        raise LandingError(f"{file.path} cannot be read: {error.strerror}") from error


def _inflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompresses gzip, any number of members; hands on all that can be read before a tear."""
    inflater = zlib.decompressobj(wbits=31)
    is_open = False  # inside a member
    kept: list[bytes] = []
    size = 0
    for chunk in chunks:
        data = chunk
        while data:
            if not is_open and not data.strip(b"\0"):
                break  # padding after the last member
            step, rest = data[:_INFLATE_BYTES], data[_INFLATE_BYTES:]
            before = inflater.copy()
            try:
                out = inflater.decompress(step)
            except zlib.error:
                if size or kept:
                    yield b"".join(kept)
                yield from _inflate_bytewise(before, step)
                raise _Corrupt("is damaged here: the compressed data cannot be read on") from None
            is_open = True
            kept.append(out)
            size += len(out)
            data = rest
            if inflater.eof:
                data = inflater.unused_data + rest
                inflater, is_open = zlib.decompressobj(wbits=31), False
            if size >= _READ_BYTES:
                yield b"".join(kept)
                kept, size = [], 0
    if kept:
        yield b"".join(kept)
    if is_open:
        raise _Corrupt("breaks off here: the compressed data has no end")


def _inflate_bytewise(inflater: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    for position in range(len(data)):
        try:
            yield inflater.decompress(data[position : position + 1])
        except zlib.error:
            return


def _to_block(pieces: list[Piece], rejects: list[LineReject]) -> LineBlock:
    if not pieces:
        return LineBlock(LINES_SCHEMA.empty_table(), tuple(rejects))
    data = b"".join(piece.data for piece in pieces)
    counts = [piece.data.count(b"\n") for piece in pieces]
    file_numbers = np.repeat(np.array([piece.file_number for piece in pieces], dtype=np.int32), counts)
    starts = np.array([piece.first_line for piece in pieces], dtype=np.int64)
    before = np.concatenate(([0], np.cumsum(counts)[:-1]))
    line_numbers = np.arange(len(file_numbers), dtype=np.int64) + np.repeat(starts - before, counts)
    whole = pa.Array.from_buffers(
        pa.binary(), 1, [None, pa.array([0, len(data) - 1], pa.int32()).buffers()[1], pa.py_buffer(data)]
    )
    lines = pc.split_pattern(whole, b"\n").flatten()
    more: list[LineReject] = []
    try:
        text = lines.cast(pa.string())
    except pa.ArrowInvalid:
        text, keep, more = _decode_each(lines, file_numbers, line_numbers)
        file_numbers, line_numbers = file_numbers[keep], line_numbers[keep]
    if b"\r" in data:
        text = pc.utf8_rtrim(text, characters="\r")
    table = pa.Table.from_arrays([pa.array(file_numbers), pa.array(line_numbers), text], schema=LINES_SCHEMA)
    return LineBlock(table, (*rejects, *more))


def in_batches(table: pa.Table) -> pa.Table:
    """The same rows, not copied, as record batches that DuckDB spreads over its threads."""
    return pa.Table.from_batches(table.to_batches(max_chunksize=_BATCH_ROWS), schema=table.schema)


def _decode_each(
    lines: pa.Array, file_numbers: np.ndarray, line_numbers: np.ndarray
) -> tuple[pa.Array, np.ndarray, list[LineReject]]:
    texts: list[str] = []
    keep = np.ones(len(lines), dtype=bool)
    rejects: list[LineReject] = []
    for index, line in enumerate(lines.to_pylist()):
        try:
            texts.append(line.decode())
        except UnicodeDecodeError as error:
            keep[index] = False
            detail = f"the line is not UTF-8 text: byte {error.start + 1} is 0x{line[error.start]:02x}"
            raw = line.decode(errors="replace").rstrip("\r")
            rejects.append(
                LineReject(int(file_numbers[index]), int(line_numbers[index]), Reason.INVALID_UTF8, detail, raw)
            )
    return pa.array(texts, pa.string()), keep, rejects

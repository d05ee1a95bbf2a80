"""Lines with their true numbers, whatever bytes the file has and however it is cut into chunks."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.core.quarantine import Reason
from tieout.sources import lines as module
from tieout.sources.files import FoundFile
from tieout.sources.lines import LineReject, read_blocks


def _read(content: bytes, name: str = "usage/a.jsonl") -> tuple[dict[int, str], dict[int, LineReject]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        texts: dict[int, str] = {}
        rejects: dict[int, LineReject] = {}
        for block in read_blocks([FoundFile(name, "usage", "jsonl", len(content), 0, path)]):
            numbers, lines = block.table.column("line_number").to_pylist(), block.table.column("text").to_pylist()
            assert not set(numbers) & set(texts)
            texts.update(zip(numbers, lines, strict=True))
            rejects.update((reject.line_number, reject) for reject in block.rejects)
        return texts, rejects


def _expected(content: bytes) -> tuple[dict[int, str], set[int]]:
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if not lines[-1]:
        lines.pop()
    texts, bad = {}, set()
    for number, line in enumerate(lines, 1):
        try:
            texts[number] = line.decode().rstrip("\r")
        except UnicodeDecodeError:
            bad.add(number)
    return texts, bad


PARTS = st.sampled_from(
    [b"\n", b"\r\n", b"\n\n", b"a", b"{}", "é".encode(), b"\xff", b"\xef\xbb\xbf", b"\0", b" ", b"\r"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PARTS, max_size=20).map(b"".join), st.integers(1, 7), st.booleans())
def test_any_bytes_in_any_chunks(content: bytes, chunk: int, is_gzip: bool) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_READ_BYTES", chunk)
        patched.setattr(module, "_INFLATE_BYTES", chunk)
        landed, name = (gzip.compress(content), "usage/a.jsonl.gz") if is_gzip else (content, "usage/a.jsonl")
        texts, rejects = _read(landed, name)
    assert (texts, set(rejects)) == _expected(content)


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=0, max_size=200), st.integers(0, 10**6), st.integers(1, 7))
def test_a_torn_gzip_gives_every_whole_line_before_the_tear(noise: bytes, cut: int, chunk: int) -> None:
    content = b"".join(b"line %d %s\n" % (number, noise[:number].hex().encode()) for number in range(1, 30))
    landed = gzip.compress(content, mtime=0)
    landed = landed[: cut % len(landed)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_READ_BYTES", chunk)
        texts, rejects = _read(landed, "usage/a.jsonl.gz")
    whole, _ = _expected(content)
    assert texts == {number: whole[number] for number in range(1, len(texts) + 1)}
    if landed:
        assert [(n, r.reason) for n, r in rejects.items()] == [(len(texts) + 1, Reason.CORRUPT_FILE)]
        assert whole.get(len(texts) + 1, "").startswith(rejects[len(texts) + 1].raw)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(1, 9))
def test_lines_over_the_limit_are_rejected_and_the_others_are_not(lengths: list[int], chunk: int) -> None:
    content = b"\n".join(b"x" * length for length in lengths) + b"\n"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "LINE_LIMIT", 16)
        patched.setattr(module, "_READ_BYTES", chunk)
        texts, rejects = _read(content)
    assert texts == {number: "x" * length for number, length in enumerate(lengths, 1) if length <= 16}
    assert {n: r.reason for n, r in rejects.items()} == {
        number: Reason.LINE_TOO_LONG for number, length in enumerate(lengths, 1) if length > 16
    }


def test_small_files_share_a_block(tmp_path: Path) -> None:
    files = []
    for number in range(3):
        path = tmp_path / str(number)
        path.write_bytes(b"a\nb\n")
        files.append(FoundFile(f"usage/{number}.jsonl", "usage", "jsonl", 4, 0, path))
    (block,) = read_blocks(files)
    assert block.table.column("file_number").to_pylist() == [0, 0, 1, 1, 2, 2]
    assert block.table.column("line_number").to_pylist() == [1, 2, 1, 2, 1, 2]

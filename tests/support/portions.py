"""Cuts a landing area into portions: by whole files, or by records, in a seeded random order."""

from __future__ import annotations

import gzip
import random
import shutil
from pathlib import Path

import pyarrow.parquet as pq


def landed_files(landing: Path) -> list[Path]:
    """All files, relative to the landing area, in name order."""
    return sorted(p.relative_to(landing) for p in landing.rglob("*") if p.is_file())


def by_files(landing: Path, out: Path, count: int, seed: int) -> list[Path]:
    """`count` folders that together hold every file once, in random order."""
    files = landed_files(landing)
    random.Random(seed).shuffle(files)
    portions = []
    for number in range(count):
        portion = out / f"{number + 1:04}"
        portion.mkdir(parents=True, exist_ok=True)
        for name in files[number::count]:
            _copy(landing / name, portion / name)
        portions.append(portion)
    return portions


def by_records(landing: Path, out: Path, count: int, seed: int) -> list[Path]:
    """`count` folders that together hold every record once; each file is cut at random into pieces of other names.

    A CSV piece keeps its header. A file that is not text and not Parquet would be an error.
    """
    chance = random.Random(seed)
    portions = [out / f"{number + 1:04}" for number in range(count)]
    for portion in portions:
        portion.mkdir(parents=True, exist_ok=True)
    for name in landed_files(landing):
        stem, dot, ending = name.name.partition(".")
        if ending == "parquet":
            table = pq.read_table(landing / name)
            whose = [chance.randrange(count) for _ in range(table.num_rows)]
            for number, portion in enumerate(portions):
                rows = [k for k, owner in enumerate(whose) if owner == number]
                if rows:
                    target = portion / name.parent / f"{stem}-{number + 1:04}.parquet"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    pq.write_table(table.take(rows), target)
            continue
        lines = _lines(landing / name)
        head = lines[:1] if ending.startswith("csv") else []
        pieces: list[list[bytes]] = [[] for _ in portions]
        for line in lines[len(head) :]:
            pieces[chance.randrange(count)].append(line)
        for number, (portion, piece) in enumerate(zip(portions, pieces, strict=True)):
            if piece:
                target = portion / name.parent / f"{stem}-{number + 1:04}{dot}{ending}"
                target.parent.mkdir(parents=True, exist_ok=True)
                content = b"\n".join([*head, *piece]) + b"\n"
                target.write_bytes(gzip.compress(content, mtime=0) if target.suffix == ".gz" else content)
    return portions


def land(portion: Path, landing: Path) -> None:
    """Put a portion's files into a landing area."""
    for name in landed_files(portion):
        _copy(portion / name, landing / name)


def land_again(landing: Path, name: str = "zz-again") -> None:
    """Land everything once more, under another name in the same folder of the landing area."""
    for file in landed_files(landing):
        top, *rest = file.parts
        if name not in file.parts:
            _copy(landing / file, landing / top / name / Path(*rest))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _lines(path: Path) -> list[bytes]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return content.rstrip(b"\n").split(b"\n")

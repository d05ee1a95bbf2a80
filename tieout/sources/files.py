"""Finds landed files and tells their contents apart."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FORMATS: Final[dict[str, dict[str, str]]] = {
    "usage": {".jsonl": "jsonl", ".jsonl.gz": "jsonl", ".csv": "csv", ".parquet": "parquet"},
    "stripe": {".jsonl": "jsonl", ".jsonl.gz": "jsonl"},
    "contracts": {".jsonl": "jsonl"},
    "acceptances": {".jsonl": "jsonl"},
    "closes": {".jsonl": "jsonl"},
}
_CHUNK: Final = 4 * 1024 * 1024


class LandingError(Exception):
    """The landing area cannot be read; the message says which path and why."""


@dataclass(frozen=True)
class FoundFile:
    """A file in the landing area that a reader exists for. ``path`` is relative to its root, with ``/``."""

    path: str
    folder: str
    format: str
    size_bytes: int
    mtime_ns: int
    location: Path

    @property
    def is_gzip(self) -> bool:
        return self.path.endswith(".gz")


def scan(landing: Path) -> tuple[list[FoundFile], list[str]]:
    """All files to read, by path, and the paths of files that no reader exists for (other folder or extension).

    Links to folders are followed. Names that begin with a dot or end in ``.tmp`` or ``.part`` are still being written
    or none of ours, and are not mentioned. Raises :class:`LandingError` when the landing area is not there.
    """
    if not landing.is_dir():
        raise LandingError(f"the landing area {landing} is not a directory")
    found: list[FoundFile] = []
    ignored: list[str] = []
    above: dict[str, frozenset[str]] = {}  # what each folder is and stands in, links resolved
    for parent, folders, names in os.walk(landing, followlinks=True):
        real, outer = os.path.realpath(parent), above.get(str(Path(parent).parent), frozenset())
        if real in outer:  # a link that leads back up
            folders.clear()
            continue
        above[parent] = outer | {real}
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or name.endswith((".tmp", ".part")):
                continue
            location = Path(parent, name)
            path = location.relative_to(landing).as_posix()
            folder = path.split("/", 1)[0] if "/" in path else ""
            extension = next((end for end in FORMATS.get(folder, ()) if name.endswith(end)), None)
            if extension is None:
                ignored.append(path)
                continue
            try:
                stat = location.stat()
            except FileNotFoundError:  # taken away while we look: not landed
                continue
            kind = FORMATS[folder][extension]
            found.append(FoundFile(path, folder, kind, stat.st_size, stat.st_mtime_ns, location))
    found.sort(key=lambda file: file.path)
    return found, sorted(ignored)


def content_hash(file: FoundFile) -> str | None:
    """What makes two files the same file: their bytes, folder and format (32 hex digits). None when it is gone.

    The same bytes in another folder or format mean something else, so they are another content.
    """
    digest = hashlib.sha256(f"{file.folder}/{file.format}/{'gz' if file.is_gzip else ''}\0".encode())
    try:
        with file.location.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LandingError(f"{file.path} cannot be read: {error.strerror}") from error
    return digest.hexdigest()[:32]

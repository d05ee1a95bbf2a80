"""Writes Stripe objects into the landing area, each listing into a file of its own, its lines in no order."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import IO, Any

import numpy as np

_FLUSH_LINES = 2_000
_GZIP_LEVEL = 1


class Landing:
    """Buffers lines per file and writes them shuffled, so that a world of any size needs little memory."""

    def __init__(self, root: Path, rng: np.random.Generator) -> None:
        self.root = root
        self._rng = rng
        self._buffers: dict[str, list[str]] = {}
        self._files: dict[str, IO[bytes] | gzip.GzipFile] = {}
        self._raw: list[IO[bytes]] = []
        self.objects = 0

    def write(self, path: str, obj: dict[str, Any]) -> None:
        """Add one object to `path` below the landing root."""
        self.write_text(path, json.dumps(obj))

    def write_text(self, path: str, text: str) -> None:
        """Add one line that is JSON already."""
        lines = self._buffers.setdefault(path, [])
        lines.append(text)
        self.objects += 1
        if len(lines) >= _FLUSH_LINES:
            self._flush(path)

    def _open(self, path: str) -> IO[bytes] | gzip.GzipFile:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        raw = open(target, "wb")  # noqa: SIM115 – closed in close()
        if not path.endswith(".gz"):
            return raw
        self._raw.append(raw)  # GzipFile does not close a file that it was given
        return gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=_GZIP_LEVEL, mtime=0)

    def _flush(self, path: str) -> None:
        lines = self._buffers[path]
        if not lines:
            return
        if path not in self._files:
            self._files[path] = self._open(path)
        shuffled = [lines[k] for k in self._rng.permutation(len(lines))]
        self._files[path].write(("\n".join(shuffled) + "\n").encode())
        lines.clear()

    def close(self) -> None:
        """Write what is left and close all files."""
        for path in self._buffers:
            self._flush(path)
        for file in (*self._files.values(), *self._raw):
            file.close()

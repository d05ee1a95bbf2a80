"""Files in the making: lines are added under names that landing does not read, and published by renaming.

``LANDING/.sync/<name>.partial`` becomes ``LANDING/stripe/sync/<type>/<name>_<oldest>_<newest>.jsonl``; the name says
the type, the sync that began it and the window of ``created`` that it covers, and is never used for other content.
All files of a sync are published together at its end, so that a run never sees charges without their invoices.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tieout.sources.sync.errors import SyncError
from tieout.sources.sync.state import SpoolFile, SyncState


def _instant(seconds: int | None) -> str:
    return "none" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def _sync_folder(folder: Path) -> None:
    """Makes a rename in the folder last through a power cut (not every file system can)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


class Spool:
    """The files of one sync in one landing area; positions are kept in the state, in the caller's transaction."""

    def __init__(self, landing: Path, state: SyncState, part_bytes_max: int) -> None:
        self._partials = landing / ".sync"
        self._published = landing / "stripe" / "sync"
        self._state = state
        self._part_bytes_max = part_bytes_max
        self._files: dict[str, SpoolFile] = {}
        self._parts = 0

    def resume(self) -> None:
        """Cuts files back to what is known to be in them; what was written after the last transaction comes again."""
        for spool in self._state.spool_files():
            partial, published = self._partial(spool), self._final(spool)
            self._parts += 1
            if partial.exists():
                if partial.stat().st_size < spool.bytes:
                    raise SyncError(f"{partial} is shorter than it was: remove the home's folder sync to start anew")
                with partial.open("r+b") as file:
                    file.truncate(spool.bytes)
                self._files[spool.object] = spool
            elif published.exists():
                with self._state.step():
                    self._state.drop_spool(spool.name)
            else:
                raise SyncError(f"{partial} is gone: remove the home's folder sync to start anew")

    def add(self, stamp: str, kind: str, lines: Sequence[str], created: Sequence[int]) -> None:
        """Appends lines of one type and notes the new length in the state (inside the caller's transaction)."""
        if not lines:
            return
        spool = self._files.get(kind)
        if spool is None or spool.bytes >= self._part_bytes_max:
            self._parts += 1
            spool = SpoolFile(f"{kind}_{stamp}_{self._parts:04d}", kind, 0, 0, None, None)
        data = "".join(f"{line}\n" for line in lines).encode()
        self._partials.mkdir(parents=True, exist_ok=True)
        with self._partial(spool).open("r+b" if self._partial(spool).exists() else "wb") as file:
            file.seek(spool.bytes)
            file.write(data)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        known = [at for at in (spool.oldest, spool.newest) if at is not None]
        instants = [*created, *known]
        spool = replace(
            spool,
            bytes=spool.bytes + len(data),
            objects=spool.objects + len(lines),
            oldest=min(instants, default=None),
            newest=max(instants, default=None),
        )
        self._state.save_spool(spool)
        self._files[kind] = spool

    def publish(self) -> list[Path]:
        """Moves every file to where landing reads it; a second call after a crash finishes what was left."""
        paths = []
        for spool in self._state.spool_files():
            final = self._final(spool)
            if not final.exists():
                final.parent.mkdir(parents=True, exist_ok=True)
                self._partial(spool).rename(final)
                _sync_folder(final.parent)
            with self._state.step():
                self._state.drop_spool(spool.name)
            paths.append(final)
        self._files.clear()
        if self._partials.is_dir() and not any(self._partials.iterdir()):
            self._partials.rmdir()
        return paths

    def _partial(self, spool: SpoolFile) -> Path:
        return self._partials / f"{spool.name}.partial"

    def _final(self, spool: SpoolFile) -> Path:
        window = f"{_instant(spool.oldest)}_{_instant(spool.newest)}"
        return self._published / spool.object / f"{spool.name}_{window}.jsonl"

"""The home of one company's data: its paths, its lock, and `CURRENT`, the one commit point.

`CURRENT` is a small JSON file that names everything a run has published together: the snapshot, the lake's manifest,
the heads of the tables that remember, and the warehouse. It is replaced atomically, so a run that dies anywhere has
changed nothing. What it does not name is rubbish, and the next run removes it (`sweep`).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tieout.store.errors import BadArgument, TieoutError
from tieout.store.files import remove, replace_text

LOCK_POLL_SECONDS = 0.5
SPILL = "spill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One published snapshot: `path` is relative to the home, `published_at` an RFC 3339 instant."""

    run_id: str
    as_of: str
    path: str
    published_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """What one publication names. Paths are relative to the home; instants are RFC 3339 in UTC.

    `snapshots` lists the published snapshots that are still kept, oldest first; the last is `snapshot` itself.
    """

    run_id: str
    as_of: str
    published_at: str
    snapshot: str
    livemode: bool | None = None
    lake_manifest: str | None = None
    findings: str | None = None
    health: str | None = None
    ledger: str | None = None
    warehouse: str | None = None
    warehouse_token: str | None = None
    snapshots: tuple[Published, ...] = field(default=())

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Current:
        """Reads what `to_json` wrote; keys of a later version are ignored."""
        found: dict[str, Any] = json.loads(text)
        known = {name: found[name] for name in cls.__dataclass_fields__ if name in found}
        known["snapshots"] = tuple(Published(**entry) for entry in found.get("snapshots", ()))
        return cls(**known)

    @property
    def as_of_instant(self) -> datetime:
        return datetime.fromisoformat(self.as_of)


def new_run_id(now: datetime | None = None) -> str:
    """An id that sorts by time and never repeats, such as `20261101T093015123456Z-3f9a`."""
    return f"{(now or datetime.now(UTC)):%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(2)}"


def rfc3339(instant: datetime) -> str:
    """An instant as text in UTC, such as `2026-11-01T00:00:00Z`."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Home:
    """Paths and state of one home folder. Making one creates nothing."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root).expanduser().resolve()
        self.current_path = self.root / "CURRENT"
        self.lock_path = self.root / "lock"
        self.holder_path = self.root / "lock.holder"
        self.lake = self.root / "lake"
        self.warehouses = self.root / "warehouse"
        self.findings = self.root / "findings"
        self.health = self.root / "health"
        self.ledger = self.root / "ledger"
        self.snapshots = self.root / "snapshots"
        self.runs = self.root / "runs"

    def create(self) -> None:
        """Makes the folders.

        Raises:
            BadArgument: the home is a file, or may not be written.
        """
        for folder in (
            self.root, self.lake, self.warehouses, self.findings, self.health, self.ledger, self.snapshots, self.runs,
        ):  # fmt: skip
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise BadArgument(f"home {self.root} cannot be used: {error.strerror}: {error.filename}") from error

    def run_folder(self, run_id: str) -> Path:
        return self.runs / run_id

    def relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def current(self) -> Current | None:
        """What is published, or None in a home without a publication.

        Raises:
            TieoutError: the file is there and cannot be read.
        """
        try:
            text = self.current_path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (NotADirectoryError, PermissionError) as error:
            raise BadArgument(f"home {self.root} cannot be read: {error.strerror}") from error
        try:
            return Current.from_json(text)
        except (ValueError, TypeError, KeyError) as error:
            raise TieoutError(f"{self.current_path} is damaged: {error}") from error

    def publish(self, current: Current) -> None:
        """Replaces `CURRENT` atomically and durably. The caller has synced all that it names.

        Raises:
            TieoutError: something that is named is not there; nothing is changed.
        """
        for name in (current.snapshot, current.lake_manifest, current.findings, current.health, current.ledger):
            if name is not None and not (self.root / name).exists():
                raise TieoutError(f"{name} is to be published and is not there; {self.current_path} is left as it was")
        replace_text(self.current_path, current.to_json())

    @contextmanager
    def lock(self, run_id: str, on_wait: Callable[[str], None] = lambda message: None) -> Iterator[None]:
        """Holds the home for one run. A second run waits, and is told once for whom.

        The lock is the operating system's and ends with its process, however that ends.
        """
        self.create()
        lock = FileLock(self.lock_path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            on_wait(f"waiting for {self._holder()}")
            lock.acquire(poll_interval=LOCK_POLL_SECONDS)
        try:
            holder = {"run_id": run_id, "pid": os.getpid(), "since": rfc3339(datetime.now(UTC).replace(microsecond=0))}
            replace_text(self.holder_path, json.dumps(holder) + "\n")
            yield
        finally:
            self.holder_path.unlink(missing_ok=True)
            lock.release()

    def _holder(self) -> str:
        try:
            holder = json.loads(self.holder_path.read_text(encoding="utf-8"))
            return f"run {holder['run_id']} of pid {holder['pid']}, which holds {self.root} since {holder['since']}"
        except (OSError, ValueError, KeyError):
            return f"another run, which holds {self.root}"

    def check_as_of(self, as_of: datetime) -> None:
        """The as-of instant of a home never goes back.

        Raises:
            BadArgument: names both instants.
        """
        current = self.current()
        if current is not None and as_of < current.as_of_instant:
            raise BadArgument(
                f"as-of {rfc3339(as_of)} is earlier than {current.as_of}, the as-of of the last run in {self.root}; "
                "in one home it never goes back (take another --home for a look into the past)"
            )

    def sweep(self, runs_kept: int) -> None:
        """Removes what `CURRENT` does not name: the leavings of runs that died. Only under the lock.

        The lake's own folders are swept by the lake, which knows its manifest. Snapshots that are no longer kept
        have been taken out of `CURRENT` by the publication before, and readers that still hold one open keep it.
        """
        current = self.current()
        named: set[Path] = set()
        if current is not None:
            names = [current.snapshot, current.findings, current.health, current.ledger]
            named = {self.root / name for name in names if name is not None}
            named |= {self.root / entry.path for entry in current.snapshots}
            if current.warehouse is not None:
                named.add((self.root / current.warehouse).parent)
        for folder in (self.snapshots, self.findings, self.health, self.warehouses):
            for path in folder.iterdir():
                if path not in named:
                    remove(path)
        folders = sorted(self.runs.iterdir(), reverse=True)
        for folder in folders[runs_kept:]:
            remove(folder)
        for folder in folders[:runs_kept]:
            remove(folder / SPILL)  # what DuckDB spilled in a run that was killed may be larger than all the rest
        for leftover in self.root.glob(".CURRENT.*"):
            remove(leftover)


def resolve_home(given: Path | None, default: Path) -> Home:
    """The home that a command means: `--home`, then `TIEOUT_HOME`, then `.tieout` in the working directory."""
    return Home(given if given is not None else default)

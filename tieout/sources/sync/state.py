"""What a home remembers of its syncs: one SQLite file, ``HOME/sync/state.sqlite``.

Every page of an answer is one transaction: the cursor, the hash of each object, what the objects call for next, and
how far the spool file reaches. So a sync that dies anywhere goes on from its last page. A *cycle* is one sync from
its first call to the publication of its files; a cycle that was interrupted is finished first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

_SCHEMA_VERSION: Final = "1"
_SCHEMA: Final = """
create table if not exists meta (key text primary key, value text not null) without rowid;
create table if not exists listing (
    object text primary key, cycle integer not null, since integer, variant integer not null, cursor text,
    is_done integer not null, newest integer, is_read integer not null
) without rowid;
create table if not exists seen (
    object text not null, id text not null, hash blob not null, created integer, is_open integer not null,
    cycle integer not null, note text, primary key (object, id)
) without rowid;
create index if not exists seen_open on seen (object, created) where is_open = 1;
create index if not exists seen_created on seen (object, created);
create table if not exists follow_up (
    kind text not null, key text not null, due integer not null, primary key (kind, key)
) without rowid;
create table if not exists spool (
    name text primary key, object text not null, bytes integer not null, objects integer not null,
    oldest integer, newest integer
) without rowid;
create table if not exists metered (
    subscription text not null, customer text not null, meter text not null, unit text not null,
    count integer not null, primary key (subscription, customer, meter, unit, count)
) without rowid;
create table if not exists span (
    subscription text primary key, started integer not null, anchor integer not null, ended integer
) without rowid;
create table if not exists meter_window (
    customer text not null, meter text not null, started integer not null, ended integer not null,
    read_at integer not null, primary key (customer, meter, started, ended)
) without rowid;
"""


@dataclass(frozen=True)
class Listing:
    """How far the listing of one type has come. ``newest`` is the greatest ``created`` seen, in Unix seconds.

    ``is_read``: a listing of this type has been finished once, so ``newest`` can be a starting point.
    """

    object: str
    cycle: int
    since: int | None
    variant: int = 0
    cursor: str | None = None
    is_done: bool = False
    newest: int | None = None
    is_read: bool = False


@dataclass(frozen=True)
class Seen:
    """The last known state of one object. ``note``: a balance transaction's payout, a credit grant's customer, the
    amount of a payout whose transactions are not all stated yet."""

    hash: bytes
    created: int | None
    is_open: bool
    cycle: int
    note: str | None


@dataclass(frozen=True)
class SpoolFile:
    """One file in the making: objects ``[0, bytes)`` are in it for certain."""

    name: str
    object: str
    bytes: int
    objects: int
    oldest: int | None
    newest: int | None


class SyncState:
    """The state file. Used by one thread; writes go through :meth:`step`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.executescript(_SCHEMA)
        if self.get("schema") is None:
            self.put("schema", _SCHEMA_VERSION)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def step(self) -> Iterator[None]:
        """One transaction: all of it is remembered, or nothing."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    # -- single facts
    def get(self, key: str) -> str | None:
        row = self._db.execute("select value from meta where key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def put(self, key: str, value: str) -> None:
        self._db.execute("insert or replace into meta values (?, ?)", (key, value))

    def drop(self, key: str) -> None:
        self._db.execute("delete from meta where key = ?", (key,))

    # -- listings
    def listing(self, kind: str) -> Listing | None:
        row = self._db.execute("select * from listing where object = ?", (kind,)).fetchone()
        if row is None:
            return None
        return Listing(row[0], row[1], row[2], row[3], row[4], bool(row[5]), row[6], bool(row[7]))

    def save_listing(self, listing: Listing) -> None:
        self._db.execute(
            "insert or replace into listing values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                listing.object,
                listing.cycle,
                listing.since,
                listing.variant,
                listing.cursor,
                int(listing.is_done),
                listing.newest,
                int(listing.is_read),
            ),
        )

    def finish_listing(self, listing: Listing) -> None:
        self.save_listing(replace(listing, cursor=None, is_done=True, is_read=True))

    # -- objects
    def seen(self, kind: str, object_id: str) -> Seen | None:
        row = self._db.execute(
            "select hash, created, is_open, cycle, note from seen where object = ? and id = ?", (kind, object_id)
        ).fetchone()
        return None if row is None else Seen(row[0], row[1], bool(row[2]), row[3], row[4])

    def save_seen(self, kind: str, object_id: str, seen: Seen) -> None:
        self._db.execute(
            "insert or replace into seen values (?, ?, ?, ?, ?, ?, ?)",
            (kind, object_id, seen.hash, seen.created, int(seen.is_open), seen.cycle, seen.note),
        )

    def open_objects(self, kind: str, cycle: int) -> list[tuple[str, int | None]]:
        """Open objects of a type that were not read in this cycle, as (id, created), newest first."""
        rows = self._db.execute(
            "select id, created from seen where object = ? and is_open = 1 and cycle <> ? order by created desc, id",
            (kind, cycle),
        )
        return [(str(row[0]), row[1]) for row in rows]

    def count_created(self, kind: str, since: int, before: int) -> int:
        """How many known objects of a type were created in [since, before)."""
        row = self._db.execute(
            "select count(*) from seen where object = ? and created >= ? and created < ?", (kind, since, before)
        ).fetchone()
        return int(row[0])

    # -- follow-ups
    def add_follow_ups(self, rows: Iterable[tuple[str, str, int]]) -> None:
        """Adds (kind, key, due); one that is there already becomes due at the earlier instant."""
        self._db.executemany(
            "insert into follow_up values (?, ?, ?) on conflict (kind, key) do update set due = min(due, excluded.due)",
            rows,
        )

    def follow_ups(self, kind: str, now: int) -> list[str]:
        rows = self._db.execute("select key from follow_up where kind = ? and due <= ? order by key", (kind, now))
        return [str(row[0]) for row in rows]

    def drop_follow_up(self, kind: str, key: str) -> None:
        self._db.execute("delete from follow_up where kind = ? and key = ?", (kind, key))

    # -- files in the making
    def spool_files(self) -> list[SpoolFile]:
        rows = self._db.execute("select name, object, bytes, objects, oldest, newest from spool order by name")
        return [SpoolFile(*row) for row in rows]

    def save_spool(self, spool: SpoolFile) -> None:
        self._db.execute(
            "insert or replace into spool values (?, ?, ?, ?, ?, ?)",
            (spool.name, spool.object, spool.bytes, spool.objects, spool.oldest, spool.newest),
        )

    def drop_spool(self, name: str) -> None:
        self._db.execute("delete from spool where name = ?", (name,))

    # -- meters
    def save_metered(self, subscription: str, customer: str, meters: Iterable[tuple[str, str, int]]) -> None:
        """Remembers that the subscription has or had items billed by (meter, unit, count of units)."""
        self._db.executemany(
            "insert or ignore into metered values (?, ?, ?, ?, ?)",
            [(subscription, customer, meter, unit, count) for meter, unit, count in meters],
        )

    def save_span(self, subscription: str, started: int, anchor: int, ended: int | None) -> None:
        self._db.execute("insert or replace into span values (?, ?, ?, ?)", (subscription, started, anchor, ended))

    def has_span(self, subscription: str) -> bool:
        row = self._db.execute("select 1 from span where subscription = ?", (subscription,)).fetchone()
        return row is not None

    def metered_spans(self) -> list[tuple[str, str, str, int, int, int, int | None]]:
        """(customer, meter, unit, count, started, anchor, ended) of every metered item there is or was."""
        return self._db.execute(
            "select customer, meter, unit, count, started, anchor, ended from metered join span using (subscription)"
            " order by customer, meter, started"
        ).fetchall()

    def window_read_at(self, customer: str, meter: str, started: int, ended: int) -> int | None:
        row = self._db.execute(
            "select read_at from meter_window where customer = ? and meter = ? and started = ? and ended = ?",
            (customer, meter, started, ended),
        ).fetchone()
        return None if row is None else int(row[0])

    def save_window(self, customer: str, meter: str, started: int, ended: int, read_at: int) -> None:
        self._db.execute(
            "insert or replace into meter_window values (?, ?, ?, ?, ?)", (customer, meter, started, ended, read_at)
        )

"""The outbox of a home: what each receiver has been told, and what still waits for it. One SQLite file, `HOME/watch`.

Nothing of it belongs to a run: a run never reads it, and a new publication leaves it alone. A process that dies
anywhere leaves the last committed state. Write-ahead logging without a flush per message survives that; after a power
cut the last messages may come again, under the same id.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from filelock import FileLock, Timeout

from tieout.notices.changes import Seen
from tieout.store.errors import TieoutError
from tieout.store.home import Home

SCHEMA = """
create table if not exists looks (receiver text primary key, run_id text not null) without rowid;
create table if not exists told (
    receiver text not null, subject text not null, content text not null, primary key (receiver, subject)
) without rowid;
create table if not exists waiting (
    position integer primary key autoincrement, receiver text not null, message_id text not null, notice text not null
);
create index if not exists waiting_by_receiver on waiting (receiver, position);
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that a receiver has not acknowledged yet."""

    position: int
    message_id: str
    notice: dict[str, Any]


class Outbox:
    """What has been told and what waits. Open it with `open_outbox`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def last_look(self, receiver: str) -> str | None:
        """The run that the receiver's last look was at; None before the first."""
        row = self._connection.execute("select run_id from looks where receiver = ?", [receiver]).fetchone()
        return None if row is None else str(row[0])

    def told(self, receiver: str) -> dict[str, str]:
        """Subject to content of all that the receiver has been told, or need not be."""
        return dict(self._connection.execute("select subject, content from told where receiver = ?", [receiver]))

    def keep(self, receiver: str, run_id: str, seen: Iterable[Seen]) -> int:
        """Puts a look's notices into the outbox and remembers what they tell, both or neither. Returns how many."""
        count = 0
        with self._connection:
            for item in seen:
                self._connection.execute(
                    "insert or replace into told values (?, ?, ?)", [receiver, item.subject, item.content]
                )
                if item.notice is not None:
                    count += 1
                    self._connection.execute(
                        "insert into waiting (receiver, message_id, notice) values (?, ?, ?)",
                        [receiver, item.notice["message_id"], json.dumps(item.notice, ensure_ascii=False)],
                    )
            self._connection.execute("insert or replace into looks values (?, ?)", [receiver, run_id])
        return count

    def next(self, receiver: str) -> Waiting | None:
        """The oldest notice that waits for the receiver."""
        row = self._connection.execute(
            "select position, message_id, notice from waiting where receiver = ? order by position limit 1", [receiver]
        ).fetchone()
        return None if row is None else Waiting(row[0], row[1], json.loads(row[2]))

    def waiting(self, receiver: str) -> int:
        """How many notices wait for the receiver."""
        row = self._connection.execute("select count(*) from waiting where receiver = ?", [receiver]).fetchone()
        return int(row[0])

    def acknowledged(self, position: int) -> None:
        """The receiver has it: it leaves the outbox."""
        with self._connection:
            self._connection.execute("delete from waiting where position = ?", [position])


@contextmanager
def open_outbox(home: Home) -> Iterator[Outbox]:
    """The home's outbox, for one process at a time.

    Raises:
        TieoutError: another watch has it, or the file is damaged.
    """
    folder = home.root / "watch"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise TieoutError(f"another `tieout watch` is at work on {home.root}") from error
    path = folder / "outbox.sqlite"
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            connection.executescript(SCHEMA)
            yield Outbox(connection)
    except sqlite3.Error as error:
        raise TieoutError(
            f"{path} cannot be used: {error}; once it is moved away, all that is open is told anew"
        ) from error
    finally:
        lock.release()

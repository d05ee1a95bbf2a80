"""What the pages read: one published snapshot, opened once for all sessions and pinned for one run of a page.

Every query names the snapshot by its run id, so a page never mixes two, and cached rows go with their snapshot.
Rows come as plain Python values: money stays int, quantities Decimal, instants naive datetimes in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import streamlit as st

from tieout.store.config import load_config
from tieout.store.home import Home, resolve_home
from tieout.store.snapshots import Snapshot, open_snapshot

Row = dict[str, Any]
SNAPSHOTS_HELD = 3


@dataclass(frozen=True, slots=True)
class Source:
    """The snapshot that this run of a page shows.

    Attributes:
        root: the home, as text, so that it can be part of a cache's key.
        run_id: the run that published the snapshot.
        as_of: the instant that the run saw the company at, naive UTC.
        published_at: when it was published, naive UTC.
    """

    root: str
    run_id: str
    as_of: datetime
    published_at: datetime

    def rows(self, query: str, *parameters: object) -> list[Row]:
        """The query's rows; `?` marks parameters. Tables are named with their schema, `marts`."""
        return _rows(self.root, self.run_id, query, parameters)

    def row(self, query: str, *parameters: object) -> Row | None:
        """The first row, or None."""
        found = self.rows(query, *parameters)
        return found[0] if found else None

    def is_stale(self, now: datetime, after: timedelta) -> bool:
        """Whether the company has not been looked at for longer than `after`."""
        return now - self.as_of > after


def home() -> Home:
    """The home that the dashboard shows: `TIEOUT_HOME`, else `.tieout` in the working directory."""
    return resolve_home(None, load_config().home)


def current_run_id() -> str | None:
    """The run that `CURRENT` names now; None while nothing is published."""
    current = home().current()
    return None if current is None else current.run_id


def current_source() -> Source | None:
    """The snapshot that `CURRENT` names now; None while nothing is published.

    Raises:
        TieoutError: there is one and it cannot be opened.
    """
    here = home()
    while (current := here.current()) is not None:
        snapshot = _snapshot(str(here.root), current.run_id)
        if snapshot.run_id == current.run_id:
            return Source(
                str(here.root),
                current.run_id,
                _naive_utc(snapshot.as_of),
                _naive_utc(datetime.fromisoformat(current.published_at)),
            )
        # a run has published between looking and opening: what was opened is not what was asked for
        _snapshot.clear(str(here.root), current.run_id)
    return None


def _naive_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


@st.cache_resource(max_entries=SNAPSHOTS_HELD, show_spinner=False)
def _snapshot(root: str, run_id: str) -> Snapshot:
    """Opened once per publication. An open file lives on when a later run removes it."""
    return open_snapshot(Home(Path(root)))


@st.cache_data(max_entries=400, show_spinner=False)
def _rows(root: str, run_id: str, query: str, parameters: tuple[object, ...]) -> list[Row]:
    cursor = _snapshot(root, run_id).connection.cursor().execute(query, list(parameters))
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

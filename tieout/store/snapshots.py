"""Snapshots: the published files that everybody reads.

A snapshot is one DuckDB file with the schema `marts`, under a name of its own, never changed once it is published.
The run builds a candidate under a hidden name; publication renames it and then replaces `CURRENT`. A reader resolves
`CURRENT` and opens what it names, read-only: it sees one whole run, blocks nobody and is blocked by nobody, also
while the file is removed under it (an open file lives on until it is closed).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from tieout.store.errors import NoSnapshot, TieoutError
from tieout.store.files import commit_file, remove
from tieout.store.heads import quoted
from tieout.store.home import Current, Home, Published
from tieout.store.warehouse import Warehouse

OPEN_ATTEMPTS = 20
OPEN_PAUSE_SECONDS = 0.05

Descriptions = Mapping[str, tuple[str, Mapping[str, str]]]
"""Table name to (its description, column name to description)."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A published snapshot, opened read-only. Use it as a context manager."""

    run_id: str
    as_of: datetime
    path: Path
    connection: duckdb.DuckDBPyConnection

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def rows(self, query: str, parameters: list[object] | None = None) -> list[dict[str, Any]]:
        """The result as dictionaries. Money stays int, quantities Decimal, instants naive datetimes in UTC."""
        cursor = self.connection.execute(query, parameters or [])
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def tables(self) -> set[str]:
        """The names of the published tables."""
        found = self.connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall()
        return {row[0] for row in found}


def current_snapshot_path(home: Home) -> Path:
    """The file that is current now.

    Raises:
        NoSnapshot: nothing has been published in this home.
    """
    current = home.current()
    if current is None:
        raise NoSnapshot(f"no snapshot in {home.root} yet: run `tieout run --landing DIR --home {home.root}` first")
    return home.root / current.snapshot


def open_snapshot(home: Home) -> Snapshot:
    """Opens the current snapshot; tries again when it was replaced and removed between looking and opening.

    Raises:
        NoSnapshot: nothing has been published in this home.
        TieoutError: the file that `CURRENT` names cannot be opened.
    """
    for attempt in range(OPEN_ATTEMPTS):
        path = current_snapshot_path(home)
        current = home.current()
        if current is None or home.root / current.snapshot != path:
            continue
        try:
            connection = duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            if attempt == OPEN_ATTEMPTS - 1:
                raise TieoutError(f"snapshot {path} cannot be opened: {error}") from error
            time.sleep(OPEN_PAUSE_SECONDS)
            continue
        connection.execute("set TimeZone = 'UTC'")
        return Snapshot(current.run_id, current.as_of_instant, path, connection)
    raise TieoutError(f"the snapshot of {home.root} changed {OPEN_ATTEMPTS} times while it was being opened")


def candidate_path(home: Home, run_id: str) -> Path:
    """Where the run builds its candidate: hidden, and rubbish unless it is published."""
    return home.snapshots / f".candidate-{run_id}.duckdb"


def build_candidate(
    home: Home, warehouse: Warehouse, run_id: str, descriptions: Descriptions, views: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Copies the warehouse's schema `marts` into the candidate file and returns the rows of each table.

    Views become tables, and descriptions comments, so that the file explains itself. Only the marts that `views` names
    become views with these queries, over immutable files outside.

    Raises:
        TieoutError: a copied table does not have the rows it had, or the file is not closed cleanly.
    """
    path = candidate_path(home, run_id)
    remove(path)
    connection = duckdb.connect(str(path), config=dict(warehouse.config))
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {quoted(str(warehouse.path))} as warehouse (read_only)")
        connection.execute("create schema marts")
        found = connection.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = 'warehouse' and table_schema = 'marts' order by table_name"
        ).fetchall()
        counts: dict[str, int] = {}
        for (table,) in found:
            kind, query = "table", f'select * from warehouse.marts."{table}"'
            if views and table in views:
                kind, query = "view", views[table]
            connection.execute(f'create {kind} marts."{table}" as {query}')
            counts[table] = _check_copy(connection, table)
            _comment(connection, kind, table, descriptions)
        connection.execute("detach warehouse")
        connection.execute("checkpoint")
    finally:
        connection.close()
    if path.with_name(path.name + ".wal").exists():
        raise TieoutError(f"candidate snapshot {path} was not closed cleanly: its write-ahead log is left")
    return counts


def _check_copy(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """The pair to the copy: reads both sides back and compares the rows."""
    row = connection.execute(
        f'select (select count(*) from marts."{table}"), (select count(*) from warehouse.marts."{table}")'
    ).fetchone()
    assert row is not None
    if row[0] != row[1]:
        raise TieoutError(f"candidate snapshot: {table} has {row[0]} rows, and the warehouse has {row[1]}")
    return int(row[0])


def _comment(connection: duckdb.DuckDBPyConnection, kind: str, table: str, descriptions: Descriptions) -> None:
    text, columns = descriptions.get(table, ("", {}))
    if text:
        connection.execute(f'comment on {kind} marts."{table}" is {quoted(text)}')
    present = {row[0] for row in connection.execute(f'describe marts."{table}"').fetchall()}
    for column, words in columns.items():
        if words and column in present:
            connection.execute(f'comment on column marts."{table}"."{column}" is {quoted(words)}')


def name_snapshot(home: Home, run_id: str) -> Path:
    """Gives the checked candidate its final name, durably. It is published only once `CURRENT` names it."""
    final = home.snapshots / f"{run_id}.duckdb"
    commit_file(candidate_path(home, run_id), final)
    return final


def kept_snapshots(previous: Current | None, new: Published, kept: int, min_age_seconds: int) -> tuple[Published, ...]:
    """The snapshots that stay after `new` is published: the newest `kept`, and whatever was current a moment ago.

    A reader may have read `CURRENT` and not yet opened the file it names. So a snapshot stays until another has been
    current in its place for `min_age_seconds`.
    """
    entries = (*(previous.snapshots if previous is not None else ()), new)
    now = datetime.fromisoformat(new.published_at)
    replaced_at = [datetime.fromisoformat(entry.published_at) for entry in entries[1:]]
    young = [now - moment < timedelta(seconds=min_age_seconds) for moment in replaced_at] + [True]
    first_kept = len(entries) - kept
    return tuple(entry for i, entry in enumerate(entries) if i >= first_kept or young[i])


def instant_now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)

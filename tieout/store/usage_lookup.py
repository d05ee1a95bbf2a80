"""Finds usage records in the lake as they were landed: for people who follow a finding down to its source.

It reads the lake's Parquet files that `CURRENT` names, which never change, so it blocks no run and no run blocks it.
DuckDB skips files and row groups whose times lie outside the wanted stretch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb

from tieout.store.heads import head_path
from tieout.store.home import Home
from tieout.store.lake import read_manifest


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """One landed record. Copies of an event are records of their own; instants are naive UTC."""

    event_id: str
    customer_ref: str | None
    meter: str | None
    value: Decimal | None
    occurred_at: datetime | None
    received_at: datetime | None
    voids: str | None
    path: str
    line_number: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: those of all the conditions given. `customer_refs`: any of these; the stretch is half-open."""

    event_id: str | None = None
    customer_refs: Sequence[str] = ()
    meter: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


def find_usage(home: Home, wanted: Wanted, limit: int) -> list[UsageRecord]:
    """The records, by their instant; at most `limit`. Empty where nothing has been published."""
    current = home.current()
    if current is None:
        return []
    manifest_path = head_path(home, current.lake_manifest)
    files = [str(home.lake / name) for name in read_manifest(manifest_path).lake_files.get("usage_records", ())]
    if not files:
        return []
    conditions, values = _conditions(wanted)
    query = f"""
        select event_id, customer_ref, meter, value, occurred_at, received_at, voids, landed.path, line_number
        from read_parquet(?, union_by_name := true) as records
        inner join (select file_hash, path from read_parquet(?)) as landed using (file_hash)
        where {" and ".join(conditions) or "true"}
        order by occurred_at, event_id, received_at nulls last, landed.path, line_number
        limit ?
    """
    with duckdb.connect() as connection:
        rows = connection.execute(query, [files, str(manifest_path), *values, limit]).fetchall()
    return [UsageRecord(*row) for row in rows]


def customer_references(home: Home, customer_id: str) -> tuple[str, ...]:
    """What usage may call a customer: its id, and the account ids of its contracts."""
    current = home.current()
    if current is None:
        return (customer_id,)
    manifest = read_manifest(head_path(home, current.lake_manifest))
    files = [str(home.lake / name) for name in manifest.lake_files.get("contracts", ())]
    if not files:
        return (customer_id,)
    with duckdb.connect() as connection:
        found = connection.execute(
            "select distinct account_id from read_parquet(?, union_by_name := true) "
            "where customer_id = ? and account_id is not null order by account_id",
            [files, customer_id],
        ).fetchall()
    return (customer_id, *(row[0] for row in found))


def _conditions(wanted: Wanted) -> tuple[list[str], list[object]]:
    """Plain comparisons only: those alone reach the Parquet reader, which then skips what cannot match."""
    given: list[tuple[str, object]] = []
    if wanted.event_id is not None:
        given.append(("event_id = ?", wanted.event_id))
    if wanted.meter is not None:
        given.append(("meter = ?", wanted.meter))
    if wanted.from_at is not None:
        given.append(("occurred_at >= ?", wanted.from_at))
    if wanted.to_at is not None:
        given.append(("occurred_at < ?", wanted.to_at))
    conditions = [condition for condition, _ in given]
    values = [value for _, value in given]
    if wanted.customer_refs:
        conditions.append(f"customer_ref in ({', '.join('?' for _ in wanted.customer_refs)})")
        values += wanted.customer_refs
    return conditions, values

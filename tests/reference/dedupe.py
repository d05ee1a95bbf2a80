"""The contract's rules of deduplication in plain Python, written from its text; shares no code with the SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

FAR = datetime(9999, 1, 1)


@dataclass(frozen=True)
class Record:
    """A usage record. `digits`: stated fractional digits of `occurred_at`. A void has no customer, meter, value."""

    space: str
    event_id: str
    customer: str | None
    meter: str | None
    value: Decimal | None
    occurred_at: datetime
    digits: int
    properties: str
    received_at: datetime | None
    voids: str | None = None


@dataclass(frozen=True)
class Event:
    """What counts under one id."""

    record: Record
    first_received_at: datetime | None
    duplicates: int
    conflicts: int
    is_voided: bool
    void_received_at: datetime | None


def coarsened(record: Record, digits: int) -> datetime:
    step = 10 ** (6 - digits)
    return record.occurred_at - timedelta(microseconds=record.occurred_at.microsecond % step)


def same_content(one: Record, other: Record) -> bool:
    digits = min(one.digits, other.digits)
    return (
        (one.customer, one.meter, one.value, one.properties, one.voids)
        == (other.customer, other.meter, other.value, other.properties, other.voids)
    ) and coarsened(one, digits) == coarsened(other, digits)


def first_first(record: Record) -> tuple[object, ...]:
    """The order in which the records of one id are preferred."""
    return (
        record.received_at or FAR,
        record.value is None,
        record.value or 0,
        record.occurred_at,
        record.customer is None,
        record.customer or "",
        record.meter or "",
        record.properties,
        record.voids is None,
        record.voids or "",
        record.digits,
    )


def deduplicate(records: list[Record]) -> dict[tuple[str, str], Event]:
    by_id: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        by_id.setdefault((record.space, record.event_id), []).append(record)
    winners = {key: min(group, key=first_first) for key, group in by_id.items()}
    first = {
        key: min((r.received_at for r in group if same_content(winners[key], r) and r.received_at), default=None)
        for key, group in by_id.items()
    }
    voids: dict[str, list[datetime | None]] = {}
    for key, winner in winners.items():
        if winner.voids is not None:
            voids.setdefault(winner.voids, []).append(first[key])
    events = {}
    for key, group in by_id.items():
        winner = winners[key]
        if winner.voids is not None:
            continue
        alike = sum(same_content(winner, record) for record in group)
        known = voids.get(winner.event_id, [])
        times = [time for time in known if time is not None]
        events[key] = Event(
            winner,
            first[key],
            alike - 1,
            len(group) - alike,
            bool(known),
            min(times) if known and len(times) == len(known) else None,
        )
    return events

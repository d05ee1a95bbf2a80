"""Counts a world's usage again from its files, record by record, by the contract's words: slow, plain, independent."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


@dataclass(frozen=True)
class Record:
    """A readable usage record. ``at`` and ``received`` in Unix seconds; ``where``: file and line."""

    id: str
    customer: str
    meter: str
    value: Decimal
    at: float
    received: float | None
    properties: str
    voids: str | None
    where: str


def instant(value: Any) -> float:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).timestamp() if value.tzinfo is None else value.timestamp()
    try:
        return float(value)
    except ValueError:
        return datetime.fromisoformat(value).timestamp()


def _lines(path: Path) -> list[str]:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode().splitlines()


def objects(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a file of Stripe objects."""
    return [json.loads(line) for line in _lines(path)]


@cache
def listing(landing: Path, name: str) -> list[dict[str, Any]]:
    """All objects of a listing in both shapes' folders, `zz-earlier-listing` left out."""
    return [o for path in sorted(landing.glob(f"stripe/*/{name}.jsonl*")) for o in objects(path)]


@cache
def records(landing: Path) -> tuple[list[Record], list[str]]:
    """(readable records, places of the others)."""
    good, bad = [], []
    for path in sorted((landing / "usage").rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(landing).as_posix()
        for number, raw in _raw_records(path):
            try:
                good.append(_read(raw() if callable(raw) else raw, f"{name}:{number}"))
            except (KeyError, ValueError, ArithmeticError):
                bad.append(f"{name}:{number}")
    return good, bad


def _raw_records(path: Path) -> Iterator[tuple[int, Any]]:
    if path.suffix == ".parquet":
        yield from enumerate(pq.read_table(path).to_pylist(), 1)
    elif path.suffix == ".csv":
        rows = list(csv.DictReader(_lines(path)))
        yield from enumerate(rows, 2)
    else:
        for number, line in enumerate(_lines(path), 1):
            yield number, lambda line=line: json.loads(line)


def _read(raw: dict[str, Any], where: str) -> Record:
    if raw.get("object") == "billing.meter_event":
        payload = dict(raw["payload"])
        customer, value = payload.pop("stripe_customer_id"), payload.pop("value")
        fields = (
            raw["identifier"],
            customer,
            raw["event_name"],
            value,
            raw["timestamp"],
            raw["created"],
            payload,
            None,
        )
    elif "specversion" in raw:
        data = dict(raw["data"])
        value = data.pop("value")
        place = f"{raw['source']}/{raw['id']}"
        fields = (place, raw["subject"], raw["type"], value, raw["time"], raw.get("receivedat"), data, None)
    else:
        voids = raw.get("voids") or None
        properties = raw.get("properties") or "{}"
        properties = json.loads(properties) if isinstance(properties, str) else properties
        value = "0" if voids else raw["value"]
        fields = (
            raw["id"], raw.get("customer", "") if voids else raw["customer"],
            raw.get("meter", "") if voids else raw["meter"], value, raw["timestamp"], raw.get("received_at") or None,
            properties, voids,
        )  # fmt: skip
    identity, customer, meter, value, at, received, properties, voids = fields
    amount = Decimal(str(value))
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int)
    if amount < 0 or amount >= 10**18 or -exponent > 12:
        raise ValueError(value)
    at_s, received_s = instant(at), None if received is None else instant(received)
    if received_s is not None and at_s > received_s + 3600:
        raise ValueError(at)
    return Record(
        identity, customer, meter, amount, at_s, received_s, json.dumps(properties, sort_keys=True), voids, where
    )


def counting(good: list[Record]) -> tuple[list[Record], set[str]]:
    """(the events that count, ids that came with two contents): first received wins, voided ones are out."""
    voided = {r.voids for r in good if r.voids}
    by_id: dict[str, list[Record]] = defaultdict(list)
    for record in good:
        if record.voids is None:
            by_id[record.id].append(record)
    winners, conflicts = [], set()
    for identity, copies in by_id.items():
        copies.sort(key=lambda r: (r.received is None, r.received or 0))
        first = copies[0]
        if any(not _same(first, other) for other in copies[1:]):
            conflicts.add(identity)
        if identity.rpartition("/")[2] not in voided:
            winners.append(first)
    return winners, conflicts


def _same(one: Record, other: Record) -> bool:
    coarse = one.at == int(one.at) or other.at == int(other.at)
    same_time = int(one.at) == int(other.at) if coarse else one.at == other.at
    return same_time and (one.customer, one.meter, one.value, one.properties) == (
        other.customer,
        other.meter,
        other.value,
        other.properties,
    )


def daily(events: list[Record], customer_of: dict[str, str], count_meters: set[str]) -> dict[Any, tuple[Decimal, int]]:
    """(customer, meter, UTC date) → (quantity by the meter's formula, events)."""
    quantity: dict[Any, Decimal] = defaultdict(Decimal)
    number: Counter[Any] = Counter()
    for event in events:
        key = (
            customer_of.get(event.customer, event.customer),
            event.meter,
            datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%d"),
        )
        quantity[key] += Decimal(1) if event.meter in count_meters else event.value
        number[key] += 1
    return {key: (quantity[key], number[key]) for key in number}

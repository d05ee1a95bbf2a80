"""`tieout explain DISCREPANCY`: sentence, remedy, the money at every place where it shows, evidence, usage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from tieout.core.derivation import plain
from tieout.core.kinds import KIND_BY_NAME
from tieout.core.money import format_money
from tieout.store.home import Home
from tieout.store.snapshots import Snapshot
from tieout.store.usage_lookup import UsageRecord, Wanted, customer_references, find_usage

PLACES: Final = ("customer_id", "subscription_id", "invoice_id", "price_id", "meter", "object_id", "period_start")
FIGURES: Final = ("expected_minor", "actual_minor", "impact_minor")
DAYS_MAX: Final = 10
RECORDS_MAX: Final = 100
"""Days of which records are shown, and records of one day: the first ones lead to the rest."""

Stretch = tuple[datetime, datetime, str]
"""From, to (half-open, UTC) and what is to be said about it."""


def told_discrepancy(row: dict[str, Any]) -> list[str]:
    """The row of `discrepancies` as text, without the evidence."""
    evidence = json.loads(row.get("evidence") or "{}")
    lines = [
        f"{row['kind']} ({row['severity']}, {row['status']}{', ' + row['stage'] if row.get('stage') else ''})",
        f"  {row['explanation']}",
        *([f"  Remedy: {row['remedy']}"] if row.get("remedy") else []),
        *_meaning(row["kind"]),
        "",
        *(f"  {place:<18}{row[place]}" for place in PLACES if row.get(place) is not None),
        *(
            f"  {name.removesuffix('_minor'):<18}{format_money(row[name], row.get('currency') or '')}"
            for name in FIGURES
            if row.get(name) is not None
        ),
        f"  {'first seen':<18}{row['first_seen_at']}",
        f"  {'last seen':<18}{row['last_seen_at']}",
    ]
    if evidence.get("correctable_until"):
        lines.append(f"  {'correctable until':<18}{evidence['correctable_until']}")
    if accepted := evidence.get("acceptance"):
        until = f" until {accepted['until']}" if accepted.get("until") else ""
        lines.append(
            f"  {'accepted':<18}by {accepted.get('by')} on {accepted.get('at')}{until}: {accepted.get('reason')}"
        )
    return lines + _consequences(evidence, row.get("currency") or "")


def _meaning(kind: str) -> list[str]:
    known = KIND_BY_NAME.get(kind)
    if known is None:
        return []
    return [
        f"  Meaning: {known.meaning}",
        f"  {known.acts.capitalize()} can mend it. How it arises, how to check by hand: docs/discrepancies/{kind}.md",
    ]


def _consequences(evidence: dict[str, Any], currency: str) -> list[str]:
    places = [place for place in evidence.get("consequences") or [] if isinstance(place, dict)]
    if not places:
        return []
    cells = [
        (place["level"], place["shows_in"], str(place["id"]), format_money(place["minor"], currency))
        for place in places
    ]
    widths = [max(len(cell[i]) for cell in cells) for i in range(4)]
    return ["", "  shows in"] + [
        f"    {level:<{widths[0]}}  {what:<{widths[1]}}  {id:<{widths[2]}}  {share:>{widths[3]}}"
        for level, what, id, share in cells
    ]


def evidence_lines(row: dict[str, Any]) -> list[str]:
    """The evidence as indented JSON, without what is told above it."""
    evidence = json.loads(row.get("evidence") or "{}")
    told = {name: value for name, value in evidence.items() if name not in ("consequences", "acceptance")}
    return ["", "  evidence", *(f"    {line}" for line in json.dumps(told, indent=2).splitlines())] if told else []


def usage_lines(home: Home, snapshot: Snapshot, row: dict[str, Any]) -> list[str]:
    """The usage behind a finding: the days that differ, and the landed records of the first of them."""
    evidence = json.loads(row.get("evidence") or "{}")
    if row["kind"] == "usage_conflict":
        return ["", "  records", *_records(find_usage(home, Wanted(event_id=evidence.get("event_id")), RECORDS_MAX))]
    stretches = _stretches(snapshot, row, evidence)
    if not stretches:
        return ["", "  no usage is behind this"]
    refs: tuple[str, ...] = ()
    if row["kind"] == "usage_unknown_customer":
        refs = (row["object_id"],)
    elif row["customer_id"]:
        refs = customer_references(home, row["customer_id"])
    shown = stretches[:DAYS_MAX]
    # one look for all stretches: the lake is read once
    wanted = Wanted(customer_refs=refs, meter=row["meter"], from_at=shown[0][0], to_at=max(end for _, end, _ in shown))
    found = find_usage(home, wanted, RECORDS_MAX * DAYS_MAX)
    finalized_at = _instant(evidence.get("finalized_at"))
    lines = ["", "  usage, as it was landed"]
    for number, (start, end, words) in enumerate(stretches):
        lines.append(f"    {_span(start, end)}  {words}".rstrip())
        if number < DAYS_MAX:
            inside = [
                record for record in found if record.occurred_at is not None and start <= record.occurred_at < end
            ]
            lines += _records(inside, finalized_at)
    return lines


def _stretches(snapshot: Snapshot, row: dict[str, Any], evidence: dict[str, Any]) -> list[Stretch]:
    """The stretches of time whose usage makes the difference, the most telling the evidence has."""
    if evidence.get("meter_windows"):
        return [
            (_at(window["from"]), _at(window["to"]), f"ours {window['ours']}, Stripe's {window['stripe']}")
            for window in evidence["meter_windows"]
        ]
    if evidence.get("days"):
        return [(*_day(_at(day["day"])), f"{day['late_events']} late") for day in evidence["days"]]
    for first, last in (("first_event_at", "last_event_at"), ("first_at", "last_at")):
        if evidence.get(first):
            return [(_at(evidence[first]), _at(evidence[last]) + timedelta(microseconds=1), "")]
    if row.get("meter") and row.get("customer_id") and evidence.get("groups"):
        return list(_days_used(snapshot, row, evidence["groups"]))
    return []


def _days_used(snapshot: Snapshot, row: dict[str, Any], groups: list[dict[str, Any]]) -> Iterator[Stretch]:
    """Every day with usage in the billed period, where nothing tells which of them differs."""
    start = min(_at(group["period_start"]) for group in groups)
    end = max(_at(group["period_end"]) for group in groups)
    for day in snapshot.rows(
        "select usage_date, quantity, events from marts.usage_daily where customer_id = ? and meter = ? "
        "and usage_date + 1 > ? and usage_date < ? and events > 0 order by usage_date",
        [row["customer_id"], row["meter"], start, end],
    ):
        opens, closes = _day(datetime.combine(day["usage_date"], datetime.min.time()))
        yield (
            max(opens, start),
            min(closes, end),
            f"{plain(day['quantity'])} in {day['events']:,} event{'s' if day['events'] != 1 else ''}",
        )


def _records(records: list[UsageRecord], finalized_at: datetime | None = None) -> list[str]:
    told = []
    seen: set[str] = set()
    for record in records[:RECORDS_MAX]:
        notes = ["copy"] if record.event_id in seen else []
        seen.add(record.event_id)
        if record.voids is not None:
            notes.append(f"takes back {record.voids}")
        if finalized_at is not None and record.received_at is not None and record.received_at > finalized_at:
            notes.append("late")
        value = "" if record.value is None else plain(record.value)
        received = f"received {record.received_at}" if record.received_at is not None else "receipt unknown"
        told.append(
            f"      {record.occurred_at}  {value:>10}  {record.event_id}  {received}  "
            f"{record.path}:{record.line_number}" + (f"  ({', '.join(notes)})" if notes else "")
        )
    return told + (["      and more"] if len(records) > RECORDS_MAX else [])


def _span(start: datetime, end: datetime) -> str:
    is_day = start.time() == datetime.min.time() and end - start == timedelta(days=1)
    return f"{start:%Y-%m-%d}" if is_day else f"{start} to {end}"


def _day(at: datetime) -> tuple[datetime, datetime]:
    return at, at + timedelta(days=1)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else _at(text)

"""Billing periods as Stripe steps them, on Unix seconds. The simulator's own; the pipeline has another."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

DAY = 86_400
HOUR = 3_600


def boundary(anchor_s: int, interval: str, n: int) -> int:
    """The n-th period boundary after the anchor; a month-end anchor is clamped and springs back."""
    if interval == "week":
        return anchor_s + n * 7 * DAY
    if interval == "day":
        return anchor_s + n * DAY
    anchor = datetime.fromtimestamp(anchor_s, UTC)
    months = anchor.year * 12 + anchor.month - 1 + n * (12 if interval == "year" else 1)
    year, month = months // 12, months % 12 + 1
    day = min(anchor.day, calendar.monthrange(year, month)[1])
    return int(anchor.replace(year=year, month=month, day=day).timestamp())


def boundaries(anchor_s: int, interval: str, until_s: int) -> list[int]:
    """All boundaries from the anchor up to the first one after ``until_s``."""
    out = [anchor_s]
    while out[-1] <= until_s:
        out.append(boundary(anchor_s, interval, len(out)))
    return out


def midnight(instant_s: int) -> int:
    """The start of the instant's UTC day."""
    return instant_s - instant_s % DAY


def iso(instant_s: int) -> str:
    """RFC 3339, whole seconds."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant_s)).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_day(instant_s: int) -> str:
    """The UTC date."""
    return iso(instant_s)[:10]

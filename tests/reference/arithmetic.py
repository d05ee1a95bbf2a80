"""Rounding and billing periods: the arithmetic that every amount and every instant of the reference goes through."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from fractions import Fraction


def round_half_away(amount: Fraction) -> int:
    """The nearest whole minor unit; a tie goes away from zero."""
    doubled = abs(amount) * 2 + 1
    whole = doubled.numerator // (doubled.denominator * 2)
    return whole if amount >= 0 else -whole


def step(anchor: int, interval: str, steps: int) -> int:
    """The anchor moved by whole intervals: months and years are clamped to the month's end, counted from the anchor."""
    start = datetime.fromtimestamp(anchor, UTC)
    if interval in ("day", "week"):
        return int((start + timedelta(days=steps * (7 if interval == "week" else 1))).timestamp())
    months = start.year * 12 + start.month - 1 + steps * (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def period_around(anchor: int, interval: str, count: int, at: int) -> tuple[int, int]:
    """The step of the grid that holds `at`: its start (which may lie before the subscription) and its end."""
    index = 0
    while step(anchor, interval, index * count) > at:
        index -= 1
    while step(anchor, interval, (index + 1) * count) <= at:
        index += 1
    return step(anchor, interval, index * count), step(anchor, interval, (index + 1) * count)

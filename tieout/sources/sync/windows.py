"""Meter windows: the billing periods of a metered item, cut to whole UTC minutes, as a summary starts and ends on one.

The seconds before the first whole minute of a period belong to the window (Stripe floors nothing for us, and usage of
the same minute cannot be told apart), exactly as the seconds after the last one belong to the next.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

MINUTE: Final = 60
DAY: Final = 86_400
_FIXED_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "year": 12}
WINDOWS_MAX: Final = 1_200
"""No more periods than this of one item: a hundred years of months, three of days."""


def step_from(anchor: int, unit: str, count: int, steps: int) -> int:
    """``anchor`` plus ``steps`` × ``count`` units in Unix seconds; a day that a month lacks is its last day.

    Raises KeyError for a unit that Stripe does not have.
    """
    at = datetime.fromtimestamp(anchor, UTC)
    if unit in _FIXED_DAYS:
        return int((at + timedelta(days=_FIXED_DAYS[unit] * count * steps)).timestamp())
    months = at.year * 12 + (at.month - 1) + _MONTHS[unit] * count * steps
    year, month = divmod(months, 12)
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return int(at.replace(year=year, month=month + 1, day=day).timestamp())


def periods(started: int, anchor: int, ended: int | None, unit: str, count: int, now: int) -> Iterator[tuple[int, int]]:
    """Billing periods [start, end) of an item that have begun by ``now``; the last one may end after it.

    Periods step from the anchor in both directions: what lies before it is a trial, a stub, or, after the anchor was
    moved, earlier periods whose own anchor is not known.
    """
    if (unit not in _FIXED_DAYS and unit not in _MONTHS) or count < 1:
        return
    steps = 0
    while step_from(anchor, unit, count, steps) > started and steps > -WINDOWS_MAX:
        steps -= 1
    while step_from(anchor, unit, count, steps + 1) <= started and steps < WINDOWS_MAX:
        steps += 1
    for step in range(steps, steps + WINDOWS_MAX):
        start = max(step_from(anchor, unit, count, step), started)
        end = step_from(anchor, unit, count, step + 1)
        end = end if ended is None else min(end, ended)
        if start >= end or start >= now:
            return
        yield start, end


def meter_windows(
    started: int, anchor: int, ended: int | None, unit: str, count: int, now: int, lag_seconds: int
) -> Iterator[tuple[int, int]]:
    """The same in whole minutes, without empty ones.

    A period that has not been over for ``lag_seconds`` is cut at the last UTC midnight that is: a window that ended
    at each call's own minute would be another one every time.
    """
    settled = now - lag_seconds
    for start, end in periods(started, anchor, ended, unit, count, now):
        cut = end if end <= settled else settled // DAY * DAY
        window = start // MINUTE * MINUTE, cut // MINUTE * MINUTE
        if window[0] < window[1]:
            yield window

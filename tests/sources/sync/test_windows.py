"""Meter windows are billing periods in whole UTC minutes."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tieout.sources.sync.windows import meter_windows, periods


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def shown(rows: list[tuple[int, int]]) -> list[tuple[str, str]]:
    return [tuple(f"{datetime.fromtimestamp(x, UTC):%m-%d %H:%M:%S}" for x in row) for row in rows]  # type: ignore[misc]


def test_a_month_end_anchor_is_clamped_and_springs_back() -> None:
    anchor = at("2026-01-31 10:00")

    found = list(periods(anchor, anchor, None, "month", 1, at("2026-04-15")))

    assert shown(found) == [
        ("01-31 10:00:00", "02-28 10:00:00"),
        ("02-28 10:00:00", "03-31 10:00:00"),
        ("03-31 10:00:00", "04-30 10:00:00"),
    ]


def test_a_trial_is_a_window_of_its_own_and_a_cancellation_cuts_the_last() -> None:
    started, anchor, ended = at("2026-07-31 18:22:07"), at("2026-08-14 18:22:07"), at("2026-09-17 23:22:59")

    found = list(meter_windows(started, anchor, ended, "month", 1, at("2026-11-01"), 3600))

    assert shown(found) == [
        ("07-31 18:22:00", "08-14 18:22:00"),
        ("08-14 18:22:00", "09-14 18:22:00"),
        ("09-14 18:22:00", "09-17 23:22:00"),
    ]


def test_the_running_period_ends_at_the_last_midnight_that_has_settled() -> None:
    anchor = at("2026-10-22 16:52")

    just_past = list(meter_windows(anchor, anchor, None, "month", 1, at("2026-11-01 00:59:59"), 3600))
    settled = list(meter_windows(anchor, anchor, None, "month", 1, at("2026-11-01 01:00"), 3600))

    assert shown(just_past) == [("10-22 16:52:00", "10-31 00:00:00")]
    assert shown(settled) == [("10-22 16:52:00", "11-01 00:00:00")]


def test_a_period_that_began_today_has_no_window_yet() -> None:
    anchor = at("2026-11-01 00:30")

    assert list(meter_windows(anchor, anchor, None, "month", 1, at("2026-11-01 09:00"), 3600)) == []


def test_an_unknown_interval_has_no_windows() -> None:
    assert list(periods(0, 0, None, "decade", 1, at("2026-11-01"))) == []


@given(
    st.integers(at("2024-01-01"), at("2026-10-01")),
    st.integers(-400 * 86400, 400 * 86400),
    st.sampled_from(["day", "week", "month", "year"]),
    st.integers(1, 3),
    st.none() | st.integers(1, 500 * 86400),
)
def test_periods_join_without_gap_or_overlap(started: int, shift: int, unit: str, count: int, life: int | None) -> None:
    now = at("2026-11-01")
    ended = None if life is None else started + life

    found = list(periods(started, started + shift, ended, unit, count, now))

    assert found[0][0] == started
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert all(start < end for start, end in found)
    assert found[-1][1] >= now or found[-1][1] == ended

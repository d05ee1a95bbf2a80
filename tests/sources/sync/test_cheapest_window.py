"""A list's window is moved back only as far as that saves calls."""

from __future__ import annotations

import pytest

from tieout.sources.sync.pull import cheapest_window

BASE = 1000


@pytest.mark.parametrize(
    ("wanted", "counts", "start", "why"),
    [
        ([], [], BASE, "nothing is wanted"),
        ([("a", 900)], [1], BASE, "one fetch costs what one more page would"),
        ([("a", 900), ("b", 800)], [1, 1], 800, "one page instead of two fetches"),
        ([("a", 900), ("b", 800)], [90, 500], BASE, "six pages instead of two fetches"),
        ([("a", 900), ("b", 800), ("c", 1)], [5, 5, 100_000], 800, "the old one is fetched, the others listed"),
        ([("a", 900), ("b", None)], [50, 0], BASE, "when it was created is not known"),
    ],
)
def test_the_window_is_the_cheapest(
    wanted: list[tuple[str, int | None]], counts: list[int], start: int, why: str
) -> None:
    assert cheapest_window(BASE, wanted, counts) == start, why

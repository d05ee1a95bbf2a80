"""The simulator's own arithmetic, against numbers written by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tieout.simulator.catalogue import Price, Tier, make_catalogue, plain, rate, to_minor
from tieout.simulator.periods import boundaries, boundary


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_a_graduated_price_is_one_line_per_tier_and_one_per_flat_part() -> None:
    # recorded from the live API: 1031 units, first tier 1000 at 0 and 900 flat, second at 3.6
    tiers = (Tier(1000, Decimal(0), 900), Tier(None, Decimal("3.6"), 0))
    lines = rate(Price("p", "p", "p", "usd", "month", "m", None, tiers), Decimal(1031))
    assert [(line.quantity, line.amount) for line in lines] == [(1000, 0), (0, 900), (31, 112), (0, 0)]


@pytest.mark.parametrize(
    ("quantity", "amounts"),
    [("0", [0]), ("1000", [0]), ("1001", [0, 4]), ("2000", [0, 4000]), ("2001", [0, 4000, 4]), ("2003", [0, 4000, 11])],
)
def test_up_to_is_inclusive(quantity: str, amounts: list[int]) -> None:
    price = make_catalogue().price("requests_team", "usd")  # 1000 free, then 4 to 2000, then 3.5
    assert [line.amount for line in rate(price, Decimal(quantity))] == amounts


@pytest.mark.parametrize(("exact", "minor"), [("0.5", 1), ("1.5", 2), ("2.4999", 2), ("-0.5", -1), ("1.65", 2)])
def test_rounding_is_half_away_from_zero(exact: str, minor: int) -> None:
    assert to_minor(Decimal(exact)) == minor


def test_plain_digits_have_no_exponent() -> None:
    assert [plain(Decimal(x)) for x in ("5E+2", "1.50", "0", "0.000060", "100")] == [
        "500",
        "1.5",
        "0",
        "0.00006",
        "100",
    ]


def test_month_ends_are_clamped_and_spring_back() -> None:
    anchor = at("2026-01-31T10:00:00")
    days = [datetime.fromtimestamp(boundary(anchor, "month", n), UTC).strftime("%m-%d %H") for n in range(4)]
    assert days == ["01-31 10", "02-28 10", "03-31 10", "04-30 10"]


def test_years_of_a_leap_day() -> None:
    assert boundary(at("2028-02-29T00:00:00"), "year", 1) == at("2029-02-28T00:00:00")


def test_boundaries_reach_one_past_the_end() -> None:
    found = boundaries(at("2026-01-01T00:00:00"), "week", at("2026-01-15T00:00:00"))
    assert found == [at(f"2026-01-{day:02}T00:00:00") for day in (1, 8, 15, 22)]

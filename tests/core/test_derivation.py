"""What a line's derivation looks like on paper: each test is a shape of sum that can stand on an invoice."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tieout.core.derivation import UsageDay, major, usage_by_day, written_sum

PART: dict[str, Any] = {
    "tier": 1,
    "is_flat": False,
    "is_free": False,
    "quantity": "1",
    "package_units": None,
    "rated_units": "1",
    "unit_amount": "100",
    "fraction_seconds": None,
    "full_seconds": None,
    "percent_remaining": None,
    "amount_off_minor": 0,
    "committed_minor": None,
    "rated_minor": None,
    "exact_minor": "100",
    "amount_minor": 100,
    "is_rounding_tie": False,
    "not_computed_reason": None,
    "discounts": None,
    "credits": None,
}


def told(*parts: dict[str, Any], currency: str = "usd") -> list[str]:
    return written_sum(json.dumps([{**PART, **part} for part in parts]), currency)


def units(quantity: str, rate: str, exact: str, amount: int, **more: Any) -> dict[str, Any]:
    return {
        "quantity": quantity,
        "rated_units": quantity,
        "unit_amount": rate,
        "exact_minor": exact,
        "amount_minor": amount,
        **more,
    }


def test_units_times_a_unit_amount_keep_every_digit_and_are_rounded_once() -> None:
    assert told(units("12345.5", "0.0125", "154.31875", 154)) == ["12,345.5 × 0.000125 = 1.5431875 → 1.54"]
    assert told(units("5", "0.5", "2.5", 3, is_rounding_tie=True)) == ["5 × 0.005 = 0.025 → 0.03 (a tie)"]
    assert told(units("3", "4000", "12000", 12000)) == ["3 × 40.00 = 120.00"]


@pytest.mark.parametrize(("currency", "wanted"), [("jpy", "3 × 4,000 = 12,000"), ("kwd", "3 × 4.000 = 12.000")])
def test_each_currency_has_its_digits(currency: str, wanted: str) -> None:
    assert told(units("3", "4000", "12000", 12000), currency=currency) == [wanted]


def test_tiers_and_their_flat_parts_stand_line_by_line() -> None:
    assert told(
        units("2000", "0", "0", 0),
        units("1000", "3", "3000", 3000, tier=2),
        units("0", "500", "500", 500, tier=2, is_flat=True, rated_units="1"),
    ) == ["tier 1: 2,000 × 0.00 = 0.00", "tier 2: 1,000 × 0.03 = 30.00", "tier 2, flat: 5.00"]


def test_packages_say_what_was_packed() -> None:
    packed = units("1500", "400", "800", 800, package_units=1000, rated_units="2")
    assert told(packed) == ["1,500 in packages of 1,000: 2 × 4.00 = 8.00"]


def test_a_proration_is_quantity_times_rate_less_percent_times_seconds() -> None:
    part = {"fraction_seconds": 1_296_000, "full_seconds": 2_592_000}
    half = units("3", "3000", "9000", -3600, percent_remaining="4/5", **part)
    assert told(half) == ["-(3 × 30.00 × (1 - 20 %) × 1,296,000 s / 2,592,000 s) = -36.00"]
    third = units("1", "100", "100", 33, fraction_seconds=1, full_seconds=3)
    assert told(third) == ["1 × 1.00 × 1 s / 3 s ≈ 0.33333333 → 0.33"]
    off = units("3", "3000", "9000", 4000, amount_off_minor=1000, **part)
    assert told(off) == ["(3 × 30.00 - 10.00) × 1,296,000 s / 2,592,000 s = 40.00"]


def test_a_flexible_credit_is_a_part_of_what_was_charged() -> None:
    credit = {
        "unit_amount": None, "exact_minor": "5800", "amount_minor": -1450, "fraction_seconds": 1, "full_seconds": 4,
    }  # fmt: skip
    assert told(credit) == ["-(58.00 charged before × 1 s / 4 s) = -14.50"]


def test_what_is_taken_off_stands_under_its_line() -> None:
    discounts = [
        {"discount": "di_1", "coupon": "LAUNCH", "percent_off": "12.5", "amount_minor": 125},
        {"discount": "di_2", "coupon": None, "percent_off": None, "amount_minor": 33},
    ]
    grants = [{"credit_grant": "credgr_1", "amount_minor": 842}]
    assert told(units("10", "100", "1000", 1000, discounts=discounts, credits=grants)) == [
        "10 × 1.00 = 10.00",
        "  less 12.5 % (LAUNCH): -1.25",
        "  less amount off (di_2): -0.33",
        "  less credit grant credgr_1: -8.42",
    ]


def test_trials_commitments_and_what_is_not_computed_say_so() -> None:
    assert told(units("9", "1000", "0", 0, is_free=True)) == ["9 × 10.00, free during a trial = 0.00"]
    shortfall = {
        "unit_amount": None,
        "exact_minor": None,
        "committed_minor": 50_000,
        "rated_minor": 42_700,
        "amount_minor": 7300,
    }
    assert told(shortfall) == ["500.00 committed - 427.00 rated for the period = 73.00"]
    assert told({"not_computed_reason": "out_of_range", "amount_minor": None}) == ["not computed: out_of_range"]


def test_usage_by_day_is_cut_to_the_period_and_says_where_a_day_is_only_partly_inside() -> None:
    days = [UsageDay(date(2026, 4, day), Decimal("1000.500"), 3 - day % 2 * 2) for day in (2, 1, 4, 3, 5)]
    assert usage_by_day(days, datetime(2026, 4, 2), datetime(2026, 4, 4, 6, 30)) == [
        "2026-04-02  1,000.5 (3 events)",
        "2026-04-03  1,000.5 (1 event)",
        "2026-04-04  1,000.5 (3 events)  whole day shown; only what is up to 06:30:00 counts here",
    ]
    [only] = usage_by_day(days, datetime(2026, 4, 2, 1), datetime(2026, 4, 2, 2))
    assert "from 01:00:00 up to 02:00:00" in only


def test_amounts_have_the_digits_they_need() -> None:
    assert [major(one, "usd") for one in (0, -5, 123456, Decimal("0.1"))] == ["0.00", "-0.05", "1,234.56", "0.001"]
    assert major(0, "jpy") == "0"
    assert major(Decimal("12345678901234.123456789012345678901234"), "jpy").endswith("345678901234")

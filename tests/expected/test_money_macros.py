"""The macros that round money, against exact fractions, for both settings of ties."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

MACROS = (Path(__file__).parents[2] / "dbt" / "macros" / "money.sql").read_text(encoding="utf-8")
MODES = ("half_away_from_zero", "half_even")
YEARS_SECONDS = 10 * 366 * 86_400

amounts = st.decimals(0, 10**9, places=12) | st.integers(0, 2000).map(lambda n: Decimal(n) / 2)
modes = st.sampled_from(MODES)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def value(connection: duckdb.DuckDBPyConnection, expression: str) -> Any:
    """The value of an expression that calls the macros."""
    sql = jinja2.Environment(autoescape=False).from_string(MACROS + "select {{ " + expression + " }}").render()
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def rounded(amount: Fraction, mode: str) -> int:
    """The nearest whole number; the mode decides between two that are equally near."""
    below, rest = divmod(abs(amount), 1)
    is_up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (mode == MODES[0] or below % 2 == 1))
    return int(below + is_up) * (1 if amount >= 0 else -1)


@settings(max_examples=150, deadline=None)
@given(amounts, st.booleans(), modes)
@example(Decimal("2.5"), True, "half_even")
@example(Decimal("0.5"), True, "half_away_from_zero")
def test_an_amount_is_rounded_once(connection: Any, amount: Decimal, is_negative: bool, mode: str) -> None:
    signed = -amount if is_negative else amount
    got = value(connection, f"""round_minor("{signed:f}::decimal(38, 24)", "'{mode}'")""")
    assert got == rounded(Fraction(signed), mode)


@settings(max_examples=150, deadline=None)
@given(amounts, st.integers(1, YEARS_SECONDS), st.data(), modes)
def test_a_part_of_a_period_is_rounded_without_dividing(
    connection: Any, amount: Decimal, whole: int, data: st.DataObject, mode: str
) -> None:
    part = data.draw(st.integers(0, whole) | st.just(whole // 2))
    arguments = f'"{amount:f}::decimal(38, 24)", "{part}::hugeint", "{whole}::hugeint"'
    quotient = f"fraction_quotient({arguments})"
    remainder = f"fraction_remainder({arguments})"
    got = value(connection, f"""round_quotient({quotient}, {remainder}, "{whole}::hugeint", "'{mode}'")""")
    assert got == rounded(Fraction(amount) * part / whole, mode)
    is_tie = Fraction(amount) * part / whole % 1 == Fraction(1, 2)
    assert value(connection, f'is_quotient_tie({remainder}, "{whole}::hugeint")') == is_tie


@settings(max_examples=100, deadline=None)
@given(st.decimals(0, 10**6, places=3), st.integers(1, 5000), st.sampled_from(["up", "down"]))
@example(Decimal("1000"), 1000, "up")
@example(Decimal("1000.001"), 1000, "up")
def test_packages_are_whole(connection: Any, quantity: Decimal, divide_by: int, rounding: str) -> None:
    exact = Fraction(quantity) / divide_by
    whole = exact.numerator // exact.denominator
    wanted = whole + (rounding == "up" and exact != whole)
    got = value(connection, f"""packages("{quantity:f}::decimal(30, 12)", "{divide_by}::bigint", "'{rounding}'")""")
    assert got == wanted


def test_a_product_that_does_not_fit_is_null(connection: duckdb.DuckDBPyConnection) -> None:
    assert value(connection, """exact_product("99999999999999", "1")""") == Decimal(99_999_999_999_999)
    assert value(connection, """exact_product("99999999999999", "2")""") is None

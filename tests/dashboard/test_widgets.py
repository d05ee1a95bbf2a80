"""Words and money in cells: plain functions."""

import sys
from datetime import datetime
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from app.dashboard.charts import major
from app.dashboard.queries import share
from app.dashboard.widgets import (
    FIGURE_SPACE,
    aligned,
    day,
    effect,
    instant,
    leaked,
    money,
    number,
    overcharged,
    period,
    plain,
    spoken,
)


@pytest.mark.parametrize(
    ("impact", "currency", "words", "left", "right"),
    [
        (123450, "usd", "USD 1,234.50 leaked", "USD 1,234.50", "–"),
        (-900, "jpy", "JPY 900 overcharged", "–", "JPY 900"),
        (0, "usd", "no money", "–", "–"),
        (None, "usd", "no figure", "–", "–"),
        (None, None, "no figure", "–", "–"),
    ],
)
def test_an_impact_is_told_by_side_and_not_by_sign(impact, currency, words, left, right):
    assert effect(impact, currency) == words
    assert leaked(impact, currency) == left
    assert overcharged(impact, currency) == right


def test_money_without_a_currency_is_no_money():
    assert money(100, None) == "–"
    assert money(None, "usd") == "–"
    assert money(-100, "usd") == "USD -1.00"


def test_amounts_of_one_currency_sort_by_size_as_text():
    cells = ["USD 9.00", "USD 1,032.00", "USD 130.92"]
    padded = aligned(cells)
    assert [cell.replace(FIGURE_SPACE, "") for cell in padded] == cells
    assert {len(cell) for cell in padded} == {len("USD 1,032.00")}
    # a browser's collation puts every space before every digit
    in_order = sorted(padded, key=lambda cell: cell.replace(FIGURE_SPACE, " "))
    assert [cell.replace(FIGURE_SPACE, "") for cell in in_order] == ["USD 9.00", "USD 130.92", "USD 1,032.00"]


def test_aligning_nothing_gives_nothing():
    assert aligned([]) == []
    assert aligned(["3", "–"]) == ["3", "–"]


def test_a_share_keeps_its_sign_beside_it():
    assert aligned(["910 %", "1,530 %"]) == [f"{FIGURE_SPACE * 2}910 %", "1,530 %"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("3348.000000000000"), "3,348"),
        (Decimal("0.100"), "0.1"),
        (Decimal("100"), "100"),
        (12000, "12,000"),
        (None, "–"),
    ],
)
def test_a_quantity_has_no_trailing_zeros(value, text):
    assert number(value) == text


def test_instants_and_periods():
    start, end = datetime(2026, 8, 16, 3, 8), datetime(2026, 9, 16, 3, 8)
    assert instant(start) == "2026-08-16 03:08 UTC"
    assert day(end) == "2026-09-16"
    assert period(start, end) == "2026-08-16 to 2026-09-16"
    assert period(start, start) == "2026-08-16"
    assert (instant(None), day(None), period(None, None)) == ("–", "–", "–")


def test_sentences_are_no_markup():
    assert plain("a_b costs $5 [x](y) *z*") == r"a\_b costs \$5 \[x\](y) \*z\*"
    assert spoken("price_mismatch") == "price mismatch"
    assert spoken(None) == "–"


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1000, 1000, "100.0 %"), (9999, 10000, "99.9 %"), (0, 5, "0.0 %"), (0, 0, "–"), (10**30 - 1, 10**30, "99.9 %")],
)
def test_a_share_is_rounded_down(part, whole, text):
    assert share(part, whole) == text


@pytest.mark.parametrize(
    ("minor", "currency", "amount"), [(-1250, "usd", "-12.50"), (900, "jpy", "900"), (3141, "kwd", "3.141")]
)
def test_a_chart_draws_exact_major_units(minor, currency, amount):
    assert str(major(minor, currency)) == amount


@pytest.mark.parametrize(("options", "drawn"), [([], ["text"]), (["one"], ["button_group", "text"])])
def test_where_there_is_nothing_to_choose_from_nothing_is_asked(options, drawn, monkeypatch):
    # a page takes the place of the main module, and does not give it back
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])

    def page(options):
        import streamlit as st

        from app.dashboard.widgets import some_of

        st.text(str(some_of("Of", options, key="of")))

    ran = AppTest.from_function(page, kwargs={"options": options}).run()
    assert [element.type for element in list(ran.main)[1:]] == drawn  # the first is the container itself
    assert ran.text[0].value == "[]"

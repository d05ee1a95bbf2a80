"""The charts. Numbers in them only place marks; figures stand in tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import altair as alt
import pyarrow as pa
import streamlit as st

from app.dashboard.widgets import number, spoken
from app.dashboard.workbench_queries import AGES
from tieout.core.money import currency_exponent

LEAKED_COLOUR = "#c2410c"
OVERCHARGED_COLOUR = "#1d4ed8"
USAGE_COLOUR = "#0f766e"
LABEL_PIXELS_MAX = 220
KINDS_DRAWN = 12
LAG_TICKS = {1: "1 min", 10: "10 min", 60: "1 h", 360: "6 h", 1440: "1 day", 10080: "7 days", 50400: "35 days"}
"""Minutes on the axis of the metering lag; 35 days is how long a Stripe meter takes late usage."""


def major(amount_minor: int, currency: str) -> Decimal:
    """An amount in major units, exact."""
    return Decimal(amount_minor).scaleb(-currency_exponent(currency))


def drawn_on(day: date) -> str:
    """The instant at which a mark stands. A browser takes a bare date for midnight in London, and shows the day before
    to a visitor in New York; with a time of day it is a day of the visitor's own."""
    return f"{day:%Y-%m-%d}T00:00"


def day_axis(field: str = "day:T") -> alt.X:
    """Days from left to right, each named by month and day."""
    return alt.X(field, title=None, axis=alt.Axis(format="%b %d", labelOverlap=True))


def usage_bars(rows: Sequence[Mapping[str, Any]], meter: str) -> None:
    """The quantity of each day; rows need usage_date and quantity."""
    points = [
        {"day": drawn_on(row["usage_date"]), "value": str(row["quantity"]), "quantity": number(row["quantity"])}
        for row in rows
    ]
    chart = (
        alt.Chart(pa.Table.from_pylist(points))
        .transform_calculate(number="toNumber(datum.value)")
        .mark_bar(color=USAGE_COLOUR)
        .encode(
            x=day_axis(),
            y=alt.Y("number:Q", title=meter),
            tooltip=[alt.Tooltip("day:T"), alt.Tooltip("quantity:N")],
        )
        .properties(height=220)
    )
    st.altair_chart(chart, alt=f"Usage of {meter} by day")


def risk_bars(rows: Sequence[Mapping[str, Any]], currency: str) -> None:
    """Leaked to the right, overcharged to the left, one bar per kind, the largest kinds only."""
    ranked = sorted(rows, key=lambda row: (-max(row["leaked_minor"], row["overcharged_minor"]), row["kind"]))
    points = [
        {"kind": spoken(row["kind"]), "side": side, "amount": str(major(sign * row[column], currency))}
        for row in ranked[:KINDS_DRAWN]
        for side, column, sign in (("leaked", "leaked_minor", 1), ("overcharged", "overcharged_minor", -1))
        if row[column]
    ]
    if not points:
        st.caption("Nothing to draw.")
        return
    chart = (
        alt.Chart(pa.Table.from_pylist(points))
        .transform_calculate(value="toNumber(datum.amount)")
        .mark_bar()
        .encode(
            x=alt.X("value:Q", title=currency.upper()),
            y=alt.Y("kind:N", title=None, sort="-x", axis=alt.Axis(labelLimit=LABEL_PIXELS_MAX, labelOverlap=False)),
            color=alt.Color(
                "side:N",
                title=None,
                scale=alt.Scale(domain=["leaked", "overcharged"], range=[LEAKED_COLOUR, OVERCHARGED_COLOUR]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[alt.Tooltip("kind:N"), alt.Tooltip("side:N"), alt.Tooltip("amount:N", title=currency.upper())],
        )
        .properties(height=110 + 24 * len({point["kind"] for point in points}))
    )
    st.altair_chart(chart, alt=f"Money at risk by kind in {currency.upper()}, leaked and overcharged apart")
    if len(ranked) > KINDS_DRAWN:
        st.caption(f"The {KINDS_DRAWN} kinds with the most money, of {len(ranked)}.")


def lag_lines(rows: Sequence[Mapping[str, Any]]) -> None:
    """Typical and slowest lag by day; rows need day, median_minutes, slowest_minutes."""
    names = {"slowest_minutes": "slowest", "median_minutes": "typical"}
    points = [
        {"day": drawn_on(row["day"]), "which": words, "minutes": str(row[column])}
        for row in rows
        for column, words in names.items()
        if row[column] is not None
    ]
    if not points:
        st.caption("No event says when it was received.")
        return
    labels = "".join(f"datum.value == {minutes} ? '{words}' : " for minutes, words in LAG_TICKS.items()) + "''"
    chart = (
        alt.Chart(pa.Table.from_pylist(points))
        .transform_calculate(value="toNumber(datum.minutes)")
        .mark_line()
        .encode(
            x=day_axis(),
            y=alt.Y(
                "value:Q",
                title=None,
                scale=alt.Scale(type="symlog"),
                axis=alt.Axis(values=list(LAG_TICKS), labelExpr=labels),
            ),
            color=alt.Color(
                "which:N",
                title=None,
                scale=alt.Scale(domain=list(names.values()), range=[LEAKED_COLOUR, USAGE_COLOUR]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[alt.Tooltip("day:T"), alt.Tooltip("which:N"), alt.Tooltip("minutes:N")],
        )
        .properties(height=260)
    )
    st.altair_chart(chart, alt="Metering lag by day: the typical one, and the slowest customer's 95th percentile")


def ageing_bars(rows: Sequence[Mapping[str, Any]], currency: str) -> None:
    """Leaked above the line, overcharged below it, a bar per age; rows need age, leaked_minor, overcharged_minor."""
    found = {row["age"]: row for row in rows}
    points = [
        {"age": age, "side": side, "amount": str(major(sign * found[age][column] if age in found else 0, currency))}
        for age in AGES
        for side, column, sign in (("leaked", "leaked_minor", 1), ("overcharged", "overcharged_minor", -1))
    ]
    if not found:
        st.caption("Nothing to draw.")
        return
    chart = (
        alt.Chart(pa.Table.from_pylist(points))
        .transform_calculate(value="toNumber(datum.amount)")
        .mark_bar()
        .encode(
            x=alt.X("age:N", title=None, sort=list(AGES), axis=alt.Axis(labelAngle=0)),
            y=alt.Y("value:Q", title=currency.upper()),
            color=alt.Color(
                "side:N",
                title=None,
                scale=alt.Scale(domain=["leaked", "overcharged"], range=[LEAKED_COLOUR, OVERCHARGED_COLOUR]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[alt.Tooltip("age:N"), alt.Tooltip("side:N"), alt.Tooltip("amount:N", title=currency.upper())],
        )
        .properties(height=260)
    )
    st.altair_chart(chart, alt=f"Money of the discrepancies by age in {currency.upper()}, leaked and overcharged apart")

"""The charts of the pages on payments and credits. Numbers in them only place marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import pyarrow as pa
import streamlit as st

from app.dashboard.charts import (
    LABEL_PIXELS_MAX,
    LEAKED_COLOUR,
    OVERCHARGED_COLOUR,
    USAGE_COLOUR,
    day_axis,
    drawn_on,
    major,
)

STEP_COLOURS: Final = ("#64748b", USAGE_COLOUR, OVERCHARGED_COLOUR, "#d97706", LEAKED_COLOUR)


def funnel_bars(steps: Sequence[tuple[str, int]], currency: str) -> None:
    """From all that failed down to what was lost: words and an amount in minor units for each step."""
    points = [{"step": words, "amount": str(major(amount, currency))} for words, amount in steps]
    names = [words for words, _ in steps]
    chart = (
        alt.Chart(pa.Table.from_pylist(points))
        .transform_calculate(value="toNumber(datum.amount)")
        .mark_bar()
        .encode(
            x=alt.X("value:Q", title=currency.upper()),
            y=alt.Y("step:N", title=None, sort=names, axis=alt.Axis(labelLimit=LABEL_PIXELS_MAX, labelOverlap=False)),
            color=alt.Color("step:N", scale=alt.Scale(domain=names, range=list(STEP_COLOURS)), legend=None),
            tooltip=[alt.Tooltip("step:N"), alt.Tooltip("amount:N", title=currency.upper())],
        )
        .properties(height=220)
    )
    st.altair_chart(chart, alt=f"What became of failed payments in {currency.upper()}")


def burn_bars(rows: Sequence[Mapping[str, Any]], currency: str) -> None:
    """Credits used by day, paid and promotional apart; rows need day, category, used_minor."""
    if not rows:
        return
    points = [
        {
            "day": drawn_on(row["day"]),
            "category": row["category"],
            "amount": str(major(row["used_minor"], currency)),
        }
        for row in rows
    ]
    chart = (
        alt.Chart(pa.Table.from_pylist(points))
        .transform_calculate(value="toNumber(datum.amount)")
        .mark_bar()
        .encode(
            x=day_axis(),
            y=alt.Y("value:Q", title=currency.upper()),
            color=alt.Color(
                "category:N",
                title=None,
                scale=alt.Scale(domain=["paid", "promotional"], range=[USAGE_COLOUR, OVERCHARGED_COLOUR]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[alt.Tooltip("day:T"), alt.Tooltip("category:N"), alt.Tooltip("amount:N", title=currency.upper())],
        )
        .properties(height=220)
    )
    st.altair_chart(chart, alt=f"Credits used by day in {currency.upper()}, paid and promotional apart")

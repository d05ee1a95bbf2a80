"""The charts of the pages on payments and credits. Numbers in them only place marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import altair as alt
import pyarrow as pa
import streamlit as st

from app.dashboard.charts import LABEL_PIXELS_MAX, LEAKED_COLOUR, OVERCHARGED_COLOUR, USAGE_COLOUR, major

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

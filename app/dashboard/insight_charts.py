"""The charts of the pages on anomalies and on usage. Numbers in them only place marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
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
from app.dashboard.widgets import measured, spoken

BAND_DEVIATIONS: Final = 3
"""The band's half width, in the robust standard deviations that the score counts."""
NEAR_COLOUR: Final = "#d97706"
SHAPE_COLOURS: Final = {
    "spike": LEAKED_COLOUR,
    "drop": OVERCHARGED_COLOUR,
    "silence": "#334155",
    "new level": USAGE_COLOUR,
}


def drawn(value: Decimal, unit: str) -> str:
    """A value as its axis counts it: money in major units, lags in hours, all else as it is."""
    if unit.startswith("minor"):
        return str(major(int(value), unit.split()[-1]))
    return str(round(value / 3600, 3)) if unit == "seconds" else str(value)


def axis_title(unit: str) -> str:
    """What the axis counts."""
    if unit.startswith("minor"):
        return unit.split()[-1].upper()
    return "hours" if unit == "seconds" else unit


def anomaly_series(rows: Sequence[Mapping[str, Any]], anomaly: Mapping[str, Any]) -> None:
    """The series, the band that was expected, and the anomaly's days on it; rows need day and value."""
    unit = anomaly["unit"]
    points = [
        {
            "day": drawn_on(row["day"]),
            "value": drawn(row["value"], unit),
            "figure": measured(row["value"], unit),
            "which": "anomaly" if anomaly["day"] <= row["day"] <= anomaly["last_day"] else "usual",
        }
        for row in rows
        if row["value"] is not None
    ]
    if not points:
        st.caption("The days of this series are not kept.")
        return
    series = alt.Chart(pa.Table.from_pylist(points)).transform_calculate(number="toNumber(datum.value)")
    x = day_axis()
    y = alt.Y("number:Q", title=axis_title(unit))
    line = series.mark_line(color=USAGE_COLOUR).encode(x=x, y=y)
    dots = series.mark_circle(size=50, opacity=1).encode(
        x=x,
        y=y,
        color=alt.Color(
            "which:N",
            title=None,
            scale=alt.Scale(domain=["usual", "anomaly"], range=[USAGE_COLOUR, LEAKED_COLOUR]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=[alt.Tooltip("day:T"), alt.Tooltip("figure:N", title=axis_title(unit))],
    )
    st.altair_chart(
        (_band(anomaly, points) + line + dots).properties(height=300),
        alt=f"{anomaly['subject']} by day around {anomaly['day']}, with the band that was expected",
    )


def _band(anomaly: Mapping[str, Any], points: Sequence[Mapping[str, str]]) -> Any:
    low, high = expected_band(anomaly)
    unit = anomaly["unit"]
    band = {
        "start": points[0]["day"],
        "end": points[-1]["day"],
        "low": drawn(low, unit),
        "high": drawn(high, unit),
        "middle": drawn(anomaly["expected"], unit),
    }
    base = alt.Chart(pa.Table.from_pylist([band])).transform_calculate(
        bottom="toNumber(datum.low)", top="toNumber(datum.high)", mean="toNumber(datum.middle)"
    )
    area = base.mark_rect(color=USAGE_COLOUR, opacity=0.15).encode(
        x=day_axis("start:T"), x2="end:T", y=alt.Y("bottom:Q"), y2="top:Q"
    )
    middle = base.mark_rule(color=USAGE_COLOUR, strokeDash=[4, 4]).encode(x=day_axis("start:T"), x2="end:T", y="mean:Q")
    return area + middle


def expected_band(anomaly: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """The lowest and highest value that would have been usual on the anomaly's day, not below 0."""
    distance = abs(anomaly["observed"] - anomaly["expected"])
    score = Decimal(str(anomaly["score"]))
    half = distance * BAND_DEVIATIONS / score if score > 0 else distance
    return max(anomaly["expected"] - half, Decimal(0)), anomaly["expected"] + half


def anomaly_days(rows: Sequence[Mapping[str, Any]]) -> None:
    """How many anomalies began on each day, by shape; rows need day, shape, anomalies."""
    points = [
        {"day": drawn_on(row["day"]), "shape": spoken(row["shape"]), "anomalies": row["anomalies"]} for row in rows
    ]
    chart = (
        alt.Chart(pa.Table.from_pylist(points))
        .mark_bar()
        .encode(
            x=day_axis(),
            y=alt.Y("anomalies:Q", title="began", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "shape:N",
                title=None,
                scale=alt.Scale(domain=list(SHAPE_COLOURS), range=list(SHAPE_COLOURS.values())),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[alt.Tooltip("day:T"), alt.Tooltip("shape:N"), alt.Tooltip("anomalies:Q")],
        )
        .properties(height=160)
    )
    st.altair_chart(chart, alt="Anomalies by the day on which they began, and their shape")


def allowance_bars(rows: Sequence[Mapping[str, Any]]) -> None:
    """Customers near and over in running periods, by meter; rows need basis, meter, state, customers."""
    points = [
        {
            "what": f"{row['meter']}, {'included' if row['basis'] == 'included' else 'limit'}",
            "state": row["state"],
            "customers": row["customers"],
        }
        for row in rows
    ]
    chart = (
        alt.Chart(pa.Table.from_pylist(points))
        .mark_bar()
        .encode(
            x=alt.X("customers:Q", title="customers in running periods", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("what:N", title=None, axis=alt.Axis(labelLimit=LABEL_PIXELS_MAX, labelOverlap=False)),
            color=alt.Color(
                "state:N",
                title=None,
                scale=alt.Scale(domain=["near", "over"], range=[NEAR_COLOUR, LEAKED_COLOUR]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[alt.Tooltip("what:N"), alt.Tooltip("state:N"), alt.Tooltip("customers:Q")],
        )
        .properties(height=130 + 28 * len({point["what"] for point in points}))
    )
    st.altair_chart(chart, alt="Customers near and over what is included or their limit, by meter")

"""Small pieces that several pages share: money tables, links, charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import altair as alt
import pyarrow as pa
import streamlit as st

from tieout.core.money import currency_exponent, format_money

LEAKED_COLOUR = "#c2410c"
OVERCHARGED_COLOUR = "#1d4ed8"


def link(page: str, **parameters: str | None) -> str:
    """A relative address that opens a page of the dashboard with what is selected; good to share."""
    given = {name: value for name, value in parameters.items() if value}
    return f"{page}?{urlencode(given)}" if given else page


def money(amount_minor: int | None, currency: str | None) -> str:
    """An amount for a table cell; a dash where there is none."""
    return "–" if amount_minor is None or currency is None else format_money(amount_minor, currency)


def instant(value: datetime | None) -> str:
    """An instant in UTC to the minute; a dash where there is none."""
    return "–" if value is None else f"{value:%Y-%m-%d %H:%M} UTC"


def number(value: Decimal | int | None) -> str:
    """A quantity without trailing zeros, with thousands separated."""
    if value is None:
        return "–"
    text = f"{Decimal(value):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def table(rows: Sequence[Mapping[str, Any]], *, alt_text: str, empty: str, links: Iterable[str] = ()) -> None:
    """A sortable table of ready-made cells, or a sentence where there is nothing to show.

    Args:
        rows: column heading to cell; every row has the same headings.
        alt_text: what the table is, for who cannot see it.
        empty: the sentence shown when there are no rows.
        links: headings whose cells are addresses made by `link`; the cell shows the address's last parameter.
    """
    if not rows:
        st.caption(empty)
        return
    columns = {heading: [row[heading] for row in rows] for heading in rows[0]}
    config = {heading: st.column_config.LinkColumn(heading, display_text=r"label=([^&]*)") for heading in links}
    st.dataframe(columns, hide_index=True, alt=alt_text, column_config=config)


def bars(rows: Sequence[Mapping[str, Any]], *, x: str, y: str, colour: str, title: str, alt_text: str) -> None:
    """A bar chart over days. `y` must be plain numbers for drawing only; figures stand in tables."""
    chart = (
        alt.Chart(pa.Table.from_pylist([dict(row) for row in rows]))
        .mark_bar(color=colour)
        .encode(
            x=alt.X(f"{x}:T", title=None),
            y=alt.Y(f"{y}:Q", title=title),
            tooltip=[alt.Tooltip(f"{x}:T"), alt.Tooltip(f"{y}:Q", format=",")],
        )
        .properties(height=220)
    )
    st.altair_chart(chart, alt=alt_text)


def major(amount_minor: int, currency: str) -> Decimal:
    """An amount in major units, exact, for the axis of a chart."""
    return Decimal(amount_minor).scaleb(-currency_exponent(currency))


def selectable(rows: Sequence[Mapping[str, Any]], *, key: str, parameter: str, alt_text: str, empty: str) -> None:
    """A table whose selected row is written to the bound widget `parameter`, and with it into the page's address.

    The last column must be `id`; it is what is written, and it is not shown.
    """
    if not rows:
        st.caption(empty)
        return
    ids = [row["id"] for row in rows]

    def choose() -> None:
        chosen = st.session_state[key]["selection"]["rows"]
        if chosen and chosen[0] < len(ids):
            st.session_state[parameter] = ids[chosen[0]]

    st.dataframe(
        {heading: [row[heading] for row in rows] for heading in rows[0] if heading != "id"},
        hide_index=True,
        key=key,
        on_select=choose,
        selection_mode="single-row",
        alt=alt_text,
    )


def open_page(page: str, words: str, parameter: str, value: str | None) -> None:
    """A link to another page with something selected there; nothing when there is nothing to open."""
    if value is not None:
        st.page_link(page, label=f"{words} {value}", icon=":material/open_in_new:", query_params={parameter: value})


def open_buttons(rows: Sequence[Mapping[str, Any]], *, key: str, page: str, parameter: str, alt_text: str) -> None:
    """A short list whose rows each link to `page`; for lists too short to need sorting."""
    for row in rows:
        with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_{row['id']}"):
            words = " · ".join(str(row[heading]) for heading in row if heading not in ("id", "What"))
            st.page_link(page, label=words, icon=":material/arrow_forward:", query_params={parameter: row["id"]})
            st.caption(str(row["What"]).replace("$", r"\$"))


def kind_bars(rows: Sequence[Mapping[str, Any]], currency: str, leaked: str, overcharged: str) -> None:
    """Leaked to the right, overcharged to the left, one bar per kind. Numbers here only place the bars."""
    points = [
        {"kind": row["kind"].replace("_", " "), "side": side, "amount": str(major(sign * row[column], currency))}
        for row in rows
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
            y=alt.Y("kind:N", title=None, sort="-x"),
            color=alt.Color(
                "side:N", title=None, scale=alt.Scale(domain=["leaked", "overcharged"], range=[leaked, overcharged])
            ),
            tooltip=[alt.Tooltip("kind:N"), alt.Tooltip("side:N"), alt.Tooltip("amount:N", title=currency.upper())],
        )
        .properties(height=max(120, 28 * len({point["kind"] for point in points})))
    )
    st.altair_chart(chart, alt=f"Money at risk by kind in {currency.upper()}, leaked and overcharged apart")


def lines(rows: Sequence[Mapping[str, Any]], *, alt_text: str) -> None:
    """Median and slowest lag by day, in minutes on a scale that shows both."""
    names = {"median_minutes": "median", "slowest_minutes": "slowest twentieth"}
    points = [
        {"day": row["day"].isoformat(), "which": words, "minutes": str(row[column])}
        for row in rows
        for column, words in names.items()
        if row[column] is not None
    ]
    if not points:
        st.caption("No event says when it was received.")
        return
    chart = (
        alt.Chart(pa.Table.from_pylist(points))
        .transform_calculate(value="toNumber(datum.minutes)")
        .mark_line()
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("value:Q", title="minutes", scale=alt.Scale(type="symlog")),
            color=alt.Color("which:N", title=None),
            tooltip=[alt.Tooltip("day:T"), alt.Tooltip("which:N"), alt.Tooltip("minutes:N")],
        )
        .properties(height=220)
    )
    st.altair_chart(chart, alt=alt_text)

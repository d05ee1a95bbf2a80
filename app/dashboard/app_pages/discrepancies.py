"""Discrepancies: the workbench. What does not tie out, narrowed, grouped and aged; and of one all that is known."""

import streamlit as st

from app.dashboard.charts import ageing_bars
from app.dashboard.finding import show_discrepancy
from app.dashboard.source import current_source
from app.dashboard.widgets import (
    chosen_currency,
    day,
    kept,
    leaked,
    matching,
    money,
    overcharged,
    selectable,
    some_of,
    spoken,
    table,
)
from app.dashboard.workbench_queries import (
    AGES,
    GROUPS,
    KINDS_PRESENT,
    MONEY,
    ORDERS,
    Filter,
    aged,
    grouped,
    listed,
)
from tieout.core.kind import SEVERITIES

FILTERS = ("status", "kind", "severity", "stage", "money", "age", "sort", "group", "about", "ageing")

source = current_source()
assert source is not None
kept(FILTERS)


def close() -> None:
    st.session_state["discrepancy"] = ""


st.title("Discrepancies")
kinds_present = [row["kind"] for row in source.rows(KINDS_PRESENT)]
if not kinds_present:
    st.success("Everything ties out: there is no discrepancy, open or resolved.", icon=":material/check_circle:")

chosen = st.text_input(
    "Find by id", key="discrepancy", bind="query-params", placeholder="or tick a row below", type="search"
)
if chosen:
    st.button("All discrepancies", icon=":material/arrow_back:", on_click=close)
    show_discrepancy(source, chosen)
    st.stop()

with st.grid(4, min_column_width=250):
    statuses = some_of("Status", ["open", "accepted", "resolved"], default=["open"], key="status")
    kinds = some_of("Kind", kinds_present, key="kind", words=spoken)
    severities = some_of("Severity", list(reversed(SEVERITIES)), key="severity")
    stages = some_of(
        "Stage",
        ["preventable", "billed"],
        key="stage",
        explained="Preventable: on a draft or in a running period, so that it can be put right before it is billed.",
    )
    sides = some_of("Money", MONEY, key="money")
    ages = some_of("Age", list(AGES), key="age")
    about = st.text_input("Customer, invoice or object", key="about", bind="query-params", type="search")
    sort = st.selectbox("Sort by", list(ORDERS), key="sort", bind="query-params")

wanted = Filter(
    source.as_of,
    statuses=statuses,
    kinds=kinds,
    severities=severities,
    stages=stages,
    money=sides,
    about=about or "",
    ages=ages,
)
shown = listed(source, wanted, sort)
total = shown[0]["matches"] if shown else 0
st.caption(
    f"{matching(len(shown), total, 'discrepancy matches', 'discrepancies match')}. "
    "Tick a row to open it; the address of every page can be shared."
)
selectable(
    [
        {
            "Kind": spoken(row["kind"]),
            "Leaked": leaked(row["impact_minor"], row["currency"]),
            "Overcharged": overcharged(row["impact_minor"], row["currency"]),
            "Customer": row["customer_name"] or row["customer_id"] or "–",
            "What happened": row["explanation"],
            "Severity": row["severity"],
            "Stage": row["stage"],
            "Status": row["status"],
            "Since": day(row["since_at"]),
            "First seen": day(row["first_seen_at"]),
            "id": row["discrepancy_id"],
        }
        for row in shown
    ],
    key="discrepancy_rows",
    parameter="discrepancy",
    alt_text="Discrepancies that match the filters",
    empty="No discrepancy matches the filters.",
    right=("Leaked", "Overcharged"),
    wide=("What happened",),
)

left, right = st.columns(2)
with left, st.container(border=True):
    st.subheader("Added up")
    group = st.segmented_control("By", list(GROUPS), default="Kind", key="group", bind="query-params", required=True)
    table(
        [
            {
                group: spoken(row["name"]),
                "Leaked": money(row["leaked_minor"] or None, row["currency"]),
                "Overcharged": money(row["overcharged_minor"] or None, row["currency"]),
                "Discrepancies": row["discrepancies"],
            }
            for row in grouped(source, wanted, group)
        ],
        alt_text=f"What matches, added up by {group.lower()} and currency",
        empty="Nothing matches the filters.",
        right=("Leaked", "Overcharged"),
    )
with right, st.container(border=True):
    st.subheader("How old")
    by_age = aged(source, wanted)
    currencies = sorted({row["currency"] for row in by_age})
    currency = chosen_currency(currencies, currencies[-1] if currencies else "", "ageing")
    st.caption("Since the invoice was made or the period began; else since it was first seen.")
    ageing_bars([row for row in by_age if row["currency"] == currency], currency)

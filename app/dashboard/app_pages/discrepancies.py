"""Discrepancies: what does not tie out, why, and both sides of it."""

import streamlit as st

from app.dashboard.charts import major
from app.dashboard.detail import show_discrepancy
from app.dashboard.queries import DISCREPANCIES
from app.dashboard.source import Row, current_source
from app.dashboard.widgets import day, leaked, overcharged, selectable, spoken

FILTERS = ("status", "kind", "severity", "sort", "about")

source = current_source()
assert source is not None

# The filters are not drawn while one discrepancy is open; this keeps them for the way back.
for name in FILTERS:
    if name in st.session_state:
        st.session_state[name] = st.session_state[name]


def close() -> None:
    st.session_state["discrepancy"] = ""


def options(column: str) -> list[str]:
    return sorted({row[column] for row in everything if row[column] is not None})


def size(row: Row) -> tuple[object, ...]:
    has_money = row["impact_minor"] is not None and row["currency"] is not None
    return (-abs(major(row["impact_minor"], row["currency"])) if has_money else 0, row["discrepancy_id"])


ORDERS = {
    "Most money": size,
    "Newest": lambda row: (-row["first_seen_at"].timestamp(), row["discrepancy_id"]),
    "Customer": lambda row: (row["customer_name"] or row["customer_id"] or "", row["discrepancy_id"]),
    "Kind": lambda row: (row["kind"], row["discrepancy_id"]),
}

st.title("Discrepancies")
everything = source.rows(DISCREPANCIES)
if not everything:
    st.success("Everything ties out: there is no discrepancy, open or resolved.", icon=":material/check_circle:")

chosen = st.text_input(
    "Find by id", key="discrepancy", bind="query-params", placeholder="or tick a row below", type="search"
)
if chosen:
    st.button("All discrepancies", icon=":material/arrow_back:", on_click=close)
    show_discrepancy(source, chosen)
    st.stop()

with st.grid(5, min_column_width=180, vertical_alignment="bottom"):
    statuses = st.multiselect(
        "Status", ["open", "accepted", "resolved"], default=["open"], key="status", bind="query-params", wrap=True
    )
    kinds = st.multiselect("Kind", options("kind"), key="kind", bind="query-params", format_func=spoken, wrap=True)
    severities = st.multiselect(
        "Severity", ["critical", "error", "warning", "info"], key="severity", bind="query-params", wrap=True
    )
    sort = st.selectbox("Sort by", list(ORDERS), key="sort", bind="query-params")
    wanted = st.text_input("Customer or invoice", key="about", bind="query-params", type="search")

shown = [
    row
    for row in everything
    if (not statuses or row["status"] in statuses)
    and (not kinds or row["kind"] in kinds)
    and (not severities or row["severity"] in severities)
    and (not wanted or wanted in (row["customer_id"], row["invoice_id"]) or wanted in (row["customer_name"] or ""))
]
shown.sort(key=ORDERS[sort])

st.caption(f"{len(shown):,} of {len(everything):,}. Tick a row to open it; the address of every page can be shared.")
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

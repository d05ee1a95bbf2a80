"""Discrepancies: what does not tie out, why, and both sides of it."""

import streamlit as st

from app.dashboard.detail import show_discrepancy
from app.dashboard.source import current_source
from app.dashboard.widgets import instant, money, selectable

source = current_source()
assert source is not None

st.title("Discrepancies")

everything = source.rows(
    "select discrepancy_id, kind, category, severity, status, stage, customer_id, invoice_id, currency, impact_minor, "
    "first_seen_at, explanation from marts.discrepancies"
)
if not everything:
    st.success("Everything ties out: there is no discrepancy, open or resolved.", icon=":material/check_circle:")


def options(column: str) -> list[str]:
    return sorted({row[column] for row in everything if row[column] is not None})


with st.container(horizontal=True, vertical_alignment="bottom"):
    statuses = st.multiselect(
        "Status", ["open", "accepted", "resolved"], default=["open"], key="status", bind="query-params"
    )
    kinds = st.multiselect("Kind", options("kind"), key="kind", bind="query-params")
    severities = st.multiselect(
        "Severity", ["critical", "error", "warning", "info"], key="severity", bind="query-params"
    )
    sort = st.selectbox("Sort by", ["Most money", "Newest", "Customer", "Kind"], key="sort", bind="query-params")
    wanted = st.text_input("Customer or invoice", key="about", bind="query-params", type="search")

ORDERS = {
    "Most money": lambda row: (-abs(row["impact_minor"] or 0), row["discrepancy_id"]),
    "Newest": lambda row: (-row["first_seen_at"].timestamp(), row["discrepancy_id"]),
    "Customer": lambda row: (row["customer_id"] or "", row["discrepancy_id"]),
    "Kind": lambda row: (row["kind"], row["discrepancy_id"]),
}
shown = [
    row
    for row in everything
    if (not statuses or row["status"] in statuses)
    and (not kinds or row["kind"] in kinds)
    and (not severities or row["severity"] in severities)
    and (not wanted or wanted in (row["customer_id"], row["invoice_id"]))
]
shown.sort(key=ORDERS[sort])

st.caption(f"{len(shown):,} of {len(everything):,}. Choose a row to open it; the address of the page can be shared.")
selectable(
    [
        {
            "Kind": row["kind"],
            "Severity": row["severity"],
            "Impact": money(row["impact_minor"], row["currency"]),
            "What": row["explanation"],
            "Customer": row["customer_id"] or "–",
            "Stage": row["stage"],
            "Status": row["status"],
            "First seen": instant(row["first_seen_at"]),
            "id": row["discrepancy_id"],
        }
        for row in shown
    ],
    key="discrepancy_rows",
    parameter="discrepancy",
    alt_text="Discrepancies that match the filters",
    empty="No discrepancy matches the filters.",
)

chosen = st.text_input("Open discrepancy", key="discrepancy", bind="query-params", placeholder="its id", type="search")
if chosen:
    show_discrepancy(source, chosen)

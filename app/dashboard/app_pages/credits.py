"""Credits and burn-down: what was granted, what is used up, what expires, and how long the rest lasts."""

import streamlit as st

from app.dashboard.money_queries import CREDITS, GRANTS
from app.dashboard.source import current_source
from app.dashboard.widgets import day, matching, money, opening, spoken

source = current_source()
assert source is not None

st.title("Credits and burn-down")
totals = source.rows(CREDITS)
if not totals:
    st.info("There is no credit grant.", icon=":material/toll:")
    st.stop()
currencies = sorted({row["currency"] for row in totals})
currency = currencies[0]
if len(currencies) > 1:
    currency = st.segmented_control(
        "Currency",
        currencies,
        default=currencies[0],
        key="credit_in",
        bind="query-params",
        format_func=str.upper,
        required=True,
    )
for row in totals:
    if row["currency"] == currency:
        with st.container(horizontal=True):
            for words, column in (
                ("Granted", "granted_minor"),
                ("Used", "applied_minor"),
                ("Expired", "expired_minor"),
                ("Taken back", "voided_minor"),
                ("Still there", "available_minor"),
            ):
                st.metric(f"{words}, {row['category']}", money(row[column], currency), border=True)

st.subheader("Grants")
with st.grid(2, min_column_width=240, vertical_alignment="bottom"):
    holder = st.text_input("Customer or grant", key="holder", bind="query-params", type="search")
    left_over = st.toggle("Still there", key="left_over", bind="query-params")
shown = source.rows(GRANTS, currency, (holder or "").strip(), left_over)
if shown:
    st.caption(
        f"{matching(len(shown), shown[0]['matches'], 'grant', 'grants')}, those that expire next first. "
        "Tick a row to open the customer."
    )
opening(
    [
        {
            "Customer": row["customer_name"] or row["customer_id"],
            "Grant": row["name"] or row["credit_grant_id"],
            "Category": spoken(row["category"]),
            "Granted": money(row["granted_minor"], currency),
            "Used": money(row["applied_minor"], currency),
            "Expired": money(row["expired_minor"], currency),
            "Taken back": money(row["voided_minor"], currency),
            "Still there": money(row["available_minor"], currency),
            "From": day(row["effective_at"]),
            "Expires": day(row["expires_at"]) if row["expires_at"] else "never",
            "id": row["customer_id"],
        }
        for row in shown
    ],
    key="grant_rows",
    page="app_pages/customer.py",
    parameter="customer",
    alt_text="Credit grants",
    empty="No grant matches.",
    right=("Granted", "Used", "Expired", "Taken back", "Still there"),
)

"""Customer: state, usage, invoices expected and actual, payments, credits, ledger."""

import streamlit as st

from app.dashboard.customer_parts import show_customer
from app.dashboard.source import current_source
from app.dashboard.widgets import money, plain, selectable

MATCHES_SHOWN = 50

source = current_source()
assert source is not None

st.title("Customer")
wanted = st.text_input(
    "Search", key="customer", bind="query-params", type="search", placeholder="id, name, e-mail or account"
)
found = source.row("select * from marts.customers where customer_id = ?", wanted) if wanted else None
if found is not None:
    show_customer(source, found)
else:
    pattern = f"%{(wanted or '').strip()}%"
    matches = source.rows(
        "select customer_id, account_id, name, email, currency, delinquent, mrr_minor, open_discrepancies, "
        "count(*) over () as matches "
        "from marts.customers where concat_ws(' ', customer_id, account_id, name, email) ilike ? "
        f"order by open_discrepancies desc, mrr_minor desc nulls last, customer_id limit {MATCHES_SHOWN}",
        pattern,
    )
    if matches:
        st.caption(
            f"{len(matches):,} of {matches[0]['matches']:,} customers, those with open discrepancies first. "
            "Tick a row to open it."
        )
    selectable(
        [
            {
                "Name": row["name"] or "–",
                "Open discrepancies": row["open_discrepancies"],
                "Per month": money(row["mrr_minor"], row["currency"]),
                "E-mail": row["email"] or "–",
                "Account": row["account_id"] or "–",
                "Customer": row["customer_id"],
                "id": row["customer_id"],
            }
            for row in matches
        ],
        key="customer_rows",
        parameter="customer",
        alt_text="Customers that match the search",
        empty=f"No customer matches “{plain(wanted)}”." if wanted else "There is no customer.",
        right=("Per month",),
    )

"""Customer: state, usage, invoices expected and actual, payments, ledger."""

import streamlit as st

from app.dashboard.customer_parts import show_customer
from app.dashboard.source import current_source
from app.dashboard.widgets import money, selectable

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
        "select customer_id, account_id, name, email, currency, delinquent, mrr_minor, open_discrepancies "
        "from marts.customers where concat_ws(' ', customer_id, account_id, name, email) ilike ? "
        f"order by open_discrepancies desc, mrr_minor desc nulls last, customer_id limit {MATCHES_SHOWN}",
        pattern,
    )
    st.caption(f"The first {MATCHES_SHOWN} that match, those with open discrepancies first. Choose a row to open it.")
    selectable(
        [
            {
                "Name": row["name"] or "–",
                "Customer": row["customer_id"],
                "Account": row["account_id"] or "–",
                "E-mail": row["email"] or "–",
                "Per month": money(row["mrr_minor"], row["currency"]),
                "Open discrepancies": row["open_discrepancies"],
                "id": row["customer_id"],
            }
            for row in matches
        ],
        key="customer_rows",
        parameter="customer",
        alt_text="Customers that match the search",
        empty=f"No customer matches “{wanted}”.",
    )

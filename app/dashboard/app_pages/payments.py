"""Payments and recovery: what failed, what came in after all, what stalled and what was lost."""

import streamlit as st

from app.dashboard.money_charts import funnel_bars
from app.dashboard.money_queries import ATTEMPTS, FAILED_INVOICES, RECOVERY
from app.dashboard.queries import share
from app.dashboard.source import current_source
from app.dashboard.widgets import chosen_currency, how_many, instant, money, opening, some_of, spoken, table

STATES = {
    "recovered": "Paid after all",
    "recovering": "Still being tried",
    "stalled": "Stalled: nothing planned",
    "lost": "Lost: written off",
}

source = current_source()
assert source is not None

st.title("Payments and recovery")
recovery = source.rows(RECOVERY)
if not recovery:
    st.success("No payment has failed.", icon=":material/check_circle:")
    st.stop()
currencies = sorted({row["currency"] for row in recovery})
largest = max(currencies, key=lambda code: sum(row["invoices"] for row in recovery if row["currency"] == code))
currency = chosen_currency(currencies, largest, "paid_in")
by_state = {row["state"]: row for row in recovery if row["currency"] == currency}
failed_minor = sum(row["amount_minor"] for row in by_state.values())
failed_count = sum(row["invoices"] for row in by_state.values())


def amount(state: str) -> int:
    return int(by_state[state]["amount_minor"]) if state in by_state else 0


def count(state: str) -> int:
    return int(by_state[state]["invoices"]) if state in by_state else 0


with st.container(horizontal=True):
    st.metric("A payment failed", money(failed_minor, currency), border=True, help=f"On {failed_count:,} invoices.")
    for state, words in STATES.items():
        st.metric(words, money(amount(state), currency), border=True, help=f"{count(state):,} invoices.")
st.caption(
    f"{failed_count:,} {'invoice' if failed_count == 1 else 'invoices'} with a failed payment; "
    f"{share(amount('recovered'), failed_minor)} of the money came in after all."
)

left, right = st.columns([3, 2])
with left, st.container(border=True):
    st.subheader("What became of it")
    funnel_bars(
        [("A payment failed", failed_minor)] + [(words, amount(state)) for state, words in STATES.items()], currency
    )
with right, st.container(border=True):
    st.subheader("How many attempts it took")
    table(
        [
            {"Attempts": row["attempts"], "Invoices paid after all": row["invoices"]}
            for row in source.rows(ATTEMPTS, currency)
        ],
        alt_text="Attempts that recovered invoices took",
        empty="None was recovered yet.",
    )

st.subheader("Invoices")
with st.grid(2, min_column_width=240, vertical_alignment="bottom"):
    states = some_of("State", list(STATES), key="recovery", words=spoken)
    payer = st.text_input("Customer or invoice", key="payer", bind="query-params", type="search")
shown = source.rows(FAILED_INVOICES, "|".join(states), currency, (payer or "").strip())
how_many(shown, "invoice", "invoices", ", the most money first. Tick a row to open it.")
opening(
    [
        {
            "Invoice": row["number"] or row["invoice_id"],
            "Customer": row["customer_name"] or row["customer_id"],
            "Amount": money(row["amount_minor"], row["currency"]),
            "State": spoken(row["state"]),
            "Attempts": row["attempts"],
            "First failed": instant(row["first_failed_at"]),
            "Paid": instant(row["recovered_at"]),
            "Next attempt": instant(row["next_attempt_at"]),
            "id": row["invoice_id"],
        }
        for row in shown
    ],
    key="recovery_rows",
    page="app_pages/invoice.py",
    parameter="invoice",
    alt_text="Invoices with a failed payment",
    empty="No invoice matches.",
    right=("Amount",),
)

"""Overview: how much money is at risk, how much was recomputed, and how fresh all of it is."""

import streamlit as st

from app.dashboard.charts import lag_lines, risk_bars
from app.dashboard.queries import BY_KIND, LAG, LARGEST, TIE_OUTS, by_currency, open_counts, share
from app.dashboard.source import Row, current_source
from app.dashboard.widgets import instant, money, open_discrepancies, spoken, table

source = current_source()
assert source is not None


def recomputed(row: Row) -> None:
    st.metric(
        f"Recomputed, {row['currency'].upper()}",
        share(row["recomputed_minor"], row["invoiced_minor"]),
        border=True,
        help="Share of the invoiced money that was computed again, from usage, prices and subscriptions.",
    )


st.title("Overview")
st.caption(f"As of {instant(source.as_of)}, published {instant(source.published_at)}.")

counts = open_counts(source)
if counts["discrepancies"] == 0:
    st.success("There is no open discrepancy: what was invoiced ties out.", icon=":material/check_circle:")
currencies = by_currency(source)
for row in currencies:
    if row["open_discrepancies"]:
        with st.container(horizontal=True):
            code = row["currency"].upper()
            st.metric(
                f"Leaked, {code}",
                money(row["leaked_minor"], row["currency"]),
                border=True,
                help="Earned and not invoiced, or invoiced and not collected.",
            )
            st.metric(
                f"Overcharged, {code}",
                money(row["overcharged_minor"], row["currency"]),
                border=True,
                help="Invoiced or collected, and not owed.",
            )
            st.metric(f"Open discrepancies, {code}", f"{row['open_discrepancies']:,}", border=True)
            recomputed(row)
with st.grid(4, gap="small"):
    for row in currencies:
        if not row["open_discrepancies"]:
            recomputed(row)
if counts["discrepancies"]:
    st.caption(f"{counts['discrepancies']:,} discrepancies are open; {counts['without_figure']:,} have no figure.")

at_risk = [row["currency"] for row in currencies if row["open_discrepancies"]]
currency = at_risk[0] if at_risk else None
if len(at_risk) > 1:
    currency = st.segmented_control(
        "Currency of the chart and the list below",
        at_risk,
        default=at_risk[0],
        key="currency",
        bind="query-params",
        format_func=str.upper,
        required=True,
    )

left, right = st.columns(2)
with left, st.container(border=True):
    st.subheader("Money at risk by kind")
    st.caption("Open discrepancies: leaked to the right, overcharged to the left.")
    risk_bars(source.rows(BY_KIND, currency) if currency else [], currency or "")
with right, st.container(border=True):
    st.subheader("Metering lag")
    st.caption("From an event to its arrival: the typical customer, and the slowest one's 95th percentile, day by day.")
    lag_lines(source.rows(LAG))

st.subheader("Largest open discrepancies")
open_discrepancies(source.rows(LARGEST, currency) if currency else [], empty="None has money in it.")
if counts["discrepancies"]:
    st.page_link("app_pages/discrepancies.py", label="All discrepancies", icon=":material/arrow_forward:")

st.subheader("Ledger against Stripe")
table(
    [
        {
            "Account": spoken(row["account"]),
            "Ledger": money(row["ledger_minor"], row["currency"]),
            "Stripe": money(row["stripe_minor"], row["currency"]),
            "Difference": money(row["difference_minor"], row["currency"]),
        }
        for row in source.rows(TIE_OUTS)
    ],
    alt_text="Control accounts, what the ledger has and what Stripe says",
    empty="Nothing is posted.",
    right=("Ledger", "Stripe", "Difference"),
)

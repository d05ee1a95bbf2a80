"""Overview: how much money is at risk, how much was recomputed, and how fresh all of it is."""

import streamlit as st

from app.dashboard.charts import lag_lines, risk_bars
from app.dashboard.queries import (
    BY_KIND,
    LAG,
    LARGEST,
    LARGEST_LEAK,
    TIE_OUTS,
    WORTH_A_LOOK,
    by_currency,
    open_counts,
    share,
)
from app.dashboard.source import Row, current_source
from app.dashboard.widgets import chosen_currency, instant, money, open_discrepancies, open_page, plain, show_tie_outs

LOOKS = (
    ("anomalies", "anomalies", "insights", "anomaly still lasts", "anomalies still last"),
    ("customers_over", "usage", "speed", "customer is over an allowance", "customers are over an allowance"),
    ("unpaid", "payments", "credit_card", "failed payment stalled or lost", "failed payments stalled or lost"),
    ("credits_expiring", "credits", "toll", "credit expires within 30 days", "credits expire within 30 days"),
    ("accounts_apart", "ledger", "balance", "ledger account differs from Stripe", "ledger accounts differ from Stripe"),
)

source = current_source()
assert source is not None


def recomputed(row: Row) -> None:
    st.metric(
        f"Recomputed, {row['currency'].upper()}",
        share(row["recomputed_minor"], row["invoiced_minor"]),
        border=True,
        help="Share of the invoiced money that was computed again, from usage, prices and subscriptions.",
    )


def start_here(leak: Row | None) -> None:
    """The largest leak with its money, its sentence, what to do, and the way to its cause."""
    if leak is None:
        return
    with st.container(border=True):
        whose = f" at {plain(leak['customer_name'])}" if leak["customer_name"] else ""
        st.subheader(f"The largest leak: {money(leak['impact_minor'], leak['currency'])}{whose}")
        st.markdown(plain(leak["explanation"]))
        if leak.get("remedy"):
            st.markdown(f"**What to do:** {plain(leak['remedy'])}")
        open_page(
            "app_pages/discrepancies.py",
            "**See its cause: both sides, evidence, history**",
            "discrepancy",
            leak["discrepancy_id"],
            icon="arrow_forward",
        )


def worth_a_look(found: Row) -> None:
    """A link to each page that has something to tell, with how much."""
    with st.container(horizontal=True):
        for name, page, icon, one, many in LOOKS:
            if found[name]:
                words = one if found[name] == 1 else many
                st.page_link(f"app_pages/{page}.py", label=f"{found[name]:,} {words}", icon=f":material/{icon}:")


st.title("Overview")
st.caption(f"As of {instant(source.as_of)}, published {instant(source.published_at)}.")

counts = open_counts(source)
if counts["discrepancies"] == 0:
    st.success("There is no open discrepancy: what was invoiced ties out.", icon=":material/check_circle:")
currencies = by_currency(source)
at_risk = [row["currency"] for row in currencies if row["open_discrepancies"]]
currency = at_risk[0] if at_risk else None
if currency is not None:
    start_here(source.row(LARGEST_LEAK, currency))
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
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{counts['discrepancies']:,} discrepancies are open.", width="content")
        if counts["without_figure"]:
            words = f"{counts['without_figure']:,} of them without a figure"
            open_page("app_pages/discrepancies.py", words, "money", "no figure", icon="question_mark")

worth_a_look(source.rows(WORTH_A_LOOK, source.as_of)[0])

if currency is not None:
    currency = chosen_currency(at_risk, currency, "currency", "Currency of the chart and the list below")

left, right = st.columns([3, 2])
with left, st.container(border=True):
    st.subheader("Largest open discrepancies")
    open_discrepancies(source.rows(LARGEST, currency) if currency else [], empty="None has money in it.")
    if counts["discrepancies"]:
        st.page_link("app_pages/discrepancies.py", label="All discrepancies", icon=":material/arrow_forward:")
with right:
    with st.container(border=True):
        st.subheader("Money at risk by kind")
        st.caption("Open discrepancies: leaked to the right, overcharged to the left.")
        risk_bars(source.rows(BY_KIND, currency) if currency else [], currency or "")
    with st.container(border=True):
        st.subheader("Metering lag")
        st.caption(
            "From an event to its arrival, 90 days: the typical customer, and the slowest one's 95th percentile."
        )
        lag_lines(source.rows(LAG, source.as_of))

st.subheader("Ledger against Stripe")
show_tie_outs(source.rows(TIE_OUTS))

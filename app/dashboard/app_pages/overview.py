"""Overview: how much money is at risk, how much was recomputed, and how fresh all of it is."""

import streamlit as st

from app.dashboard.queries import at_risk, impact_by_kind, lag_by_day, recomputed_share
from app.dashboard.source import current_source
from app.dashboard.widgets import (
    LEAKED_COLOUR,
    OVERCHARGED_COLOUR,
    instant,
    kind_bars,
    lines,
    money,
    open_buttons,
    table,
)

source = current_source()
assert source is not None

st.title("Overview")
st.caption(f"As of {instant(source.as_of)}, published {instant(source.published_at)}.")

risk = at_risk(source)
if not risk:
    st.success("No open discrepancy has money in it: what was invoiced ties out.", icon=":material/check_circle:")
for row in risk:
    with st.container(horizontal=True):
        st.metric(f"Leaked, {row['currency'].upper()}", money(row["leaked_minor"], row["currency"]), border=True)
        st.metric(
            f"Overcharged, {row['currency'].upper()}", money(row["overcharged_minor"], row["currency"]), border=True
        )
        st.metric("Open discrepancies", f"{row['open_discrepancies']:,}", border=True)

with st.container(horizontal=True):
    share = recomputed_share(source)
    for row in share:
        st.metric(
            f"Recomputed, {row['currency'].upper()}",
            f"{row['permille'] // 10}.{row['permille'] % 10} %",
            border=True,
            help="Share of the invoiced money that was computed independently, from usage, prices and subscriptions.",
        )
    without_money = source.row(
        "select count(*) as n from marts.discrepancies where status = 'open' and impact_minor is null"
    )
    st.metric("Open without a figure", f"{without_money['n'] if without_money else 0:,}", border=True)

left, right = st.columns(2)
with left, st.container(border=True):
    st.subheader("Money at risk by kind")
    st.caption("Leaked money was earned and not invoiced; overcharged money was invoiced and not owed.")
    currencies = [row["currency"] for row in risk]
    if currencies:
        currency = st.segmented_control(
            "Currency", currencies, default=currencies[0], key="risk_currency", format_func=str.upper, required=True
        )
        kind_bars(impact_by_kind(source, currency), currency, LEAKED_COLOUR, OVERCHARGED_COLOUR)
    else:
        st.caption("Nothing to draw.")
with right, st.container(border=True):
    st.subheader("Metering lag")
    st.caption(
        "Time from an event to its arrival, over all customers: the median and the slowest twentieth of each day."
    )
    lines(
        lag_by_day(source),
        alt_text="Metering lag in minutes by day, one line for the median and one for the 95th percentile",
    )

st.subheader("Largest open discrepancies")
largest = source.rows(
    "select discrepancy_id, kind, customer_id, currency, impact_minor, explanation from marts.discrepancies "
    "where status = 'open' and impact_minor is not null order by abs(impact_minor) desc, discrepancy_id limit 10"
)
if largest:
    open_buttons(
        [
            {
                "What": row["explanation"],
                "Kind": row["kind"],
                "Impact": money(row["impact_minor"], row["currency"]),
                "id": row["discrepancy_id"],
            }
            for row in largest
        ],
        key="largest",
        page="app_pages/discrepancies.py",
        parameter="discrepancy",
        alt_text="The ten open discrepancies with the most money",
    )
else:
    table([], alt_text="Open discrepancies", empty="There is none.")

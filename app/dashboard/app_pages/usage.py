"""Usage and limits: who is near or over, since when and at what cost, who would save, and how fresh the metering is."""

import streamlit as st

from app.dashboard.insight_charts import allowance_bars
from app.dashboard.insight_queries import (
    ALLOWANCE_COUNTS,
    ALLOWANCES,
    FRESHNESS,
    LATE,
    LATE_TOTAL,
    METERS,
    OVERAGE,
    SAVINGS,
    SAVINGS_TOTAL,
)
from app.dashboard.source import current_source
from app.dashboard.widgets import day, duration, how_many, instant, money, number, opening, period, some_of, table

source = current_source()
assert source is not None

st.title("Usage and limits")
counts = source.rows(ALLOWANCE_COUNTS)
overage, savings, late = source.rows(OVERAGE), source.rows(SAVINGS_TOTAL), source.rows(LATE_TOTAL)
with st.grid(4, min_column_width=220, gap="small"):
    for row in overage:
        st.metric(
            f"Beyond what is included, {row['currency'].upper()}",
            money(row["over_minor"], row["currency"]),
            border=True,
            help="What usage beyond the included units costs so far, in periods that still run; list price.",
        )
    for row in savings:
        st.metric(
            f"Could be saved, {row['currency'].upper()}",
            money(row["saving_minor"], row["currency"]),
            border=True,
            help="What customers would have paid less on the best other plan, over their last full periods.",
        )
    for row in late:
        st.metric(
            f"Late usage, {row['state']}, {row['currency'].upper()}",
            money(row["amount_minor"], row["currency"]),
            border=True,
            help="Billable comes onto an invoice that is not final; stranded came too late for any.",
        )

st.subheader("Near and over")
if counts:
    allowance_bars(counts)
with st.grid(5, min_column_width=160, vertical_alignment="bottom"):
    states = some_of("State", ["over", "near", "under"], default=["over", "near"], key="state")
    bases = some_of("Against", ["included", "limit"], key="basis")
    meters = some_of("Meter", [row["meter"] for row in source.rows(METERS)], key="of_meter")
    user = st.text_input("Customer", key="user", bind="query-params", type="search")
    running = st.toggle("Running periods", value=True, key="running", bind="query-params")
shown = source.rows(ALLOWANCES, "|".join(states), "|".join(bases), "|".join(meters), (user or "").strip(), running)
how_many(
    shown,
    "allowance",
    "allowances",
    ", the most used first. Near is from 80 % on. Tick a row to open the customer.",
)
opening(
    [
        {
            "Customer": row["customer_name"] or row["customer_id"],
            "Meter": row["meter"],
            "Against": row["basis"] if row["per"] == "period" else f"limit per {row['per']}",
            "Allowed": number(row["allowance"]),
            "Used": number(row["used"]),
            "Share": "–" if row["used_percent"] is None else f"{row['used_percent']:,} %",
            "State": row["state"],
            "Near since": str(row["near_since"] or "–"),
            "Over since": str(row["over_since"] or "–"),
            "Costs": money(row["over_minor"], row["currency"]),
            "Period": period(row["period_start"], row["period_end"]),
            "id": row["customer_id"],
        }
        for row in shown
    ],
    key="allowance_rows",
    page="app_pages/customer.py",
    parameter="customer",
    alt_text="Who is near what is included or a limit, and who is over it",
    empty="Nobody matches: nothing is included, no limit is set, or nobody is near.",
    right=("Allowed", "Used", "Share", "Costs"),
)

st.subheader("Who would save on another plan")
saving = source.rows(SAVINGS)
how_many(saving, "subscription", "subscriptions", ", list prices.")
opening(
    [
        {
            "Customer": row["customer_name"] or row["customer_id"],
            "Would save": money(row["saving_minor"], row["currency"]),
            "Its own plan": money(row["amount_minor"], row["currency"]),
            "The other": money(row["other_minor"], row["currency"]),
            "Periods": row["periods"],
            "Own prices": ", ".join(row["price_ids"]),
            "Other prices": ", ".join(row["other_price_ids"]),
            "From": day(row["periods_start"]),
            "To": day(row["periods_end"]),
            "id": row["customer_id"],
        }
        for row in saving
    ],
    key="saving_rows",
    page="app_pages/customer.py",
    parameter="customer",
    alt_text="Customers who would have paid less on another plan",
    empty="Nobody would have paid less on another plan that others are on.",
    right=("Would save", "Its own plan", "The other"),
)

st.subheader("Late usage")
too_late = source.rows(LATE)
how_many(too_late, "row", "rows", ", the most money first.")
table(
    [
        {
            "Customer": row["customer_name"] or row["customer_id"],
            "Meter": row["meter"],
            "What can be done": "still billable" if row["state"] == "billable" else "stranded: on no invoice",
            "Money": money(row["amount_minor"], row["currency"]),
            "Quantity": number(row["quantity"]),
            "Events": f"{row['events']:,}",
            "Period": period(row["period_start"], row["period_end"]),
            "Last received": instant(row["last_received_at"]),
            "Billable until": instant(row["billable_until"]),
        }
        for row in too_late
    ],
    alt_text="Usage that came after its period, and what can still be done about it",
    empty="No usage came after the end of its period.",
    right=("Money", "Quantity", "Events"),
)

st.subheader("How fresh the metering is")
table(
    [
        {
            "Meter": row["meter"],
            "Source": row["source"],
            "Events in 7 days": f"{row['events']:,}",
            "Typical lag": duration(row["lag_seconds_p50"]),
            "Lag, 95th percentile": duration(row["lag_seconds_p95"]),
            "Limit": duration(row["lag_limit_seconds"]),
            "Newest event ago": duration(row["quiet_seconds"]),
            "Limit of silence": duration(row["quiet_limit_seconds"]),
            "State": " and ".join(
                words
                for is_over, words in ((row["is_lag_over"], "too late"), (row["is_quiet_over"], "too quiet"))
                if is_over
            )
            or "in time",
        }
        for row in source.rows(FRESHNESS)
    ],
    alt_text="Lag and silence of each meter and source beside their limits",
    empty="No usage has landed.",
    right=("Events in 7 days",),
)

"""Credits and burn-down: what was granted, what is used up, what expires, and how long the rest lasts."""

import streamlit as st

from app.dashboard.credit_parts import GRANT_AMOUNTS, USE_AMOUNTS, grant_cells, use_cells
from app.dashboard.money_charts import burn_bars
from app.dashboard.money_queries import APPLICATIONS, CREDITS, GRANTS, PACE, USED_BY_DAY
from app.dashboard.source import current_source
from app.dashboard.widgets import chosen_currency, how_many, instant, money, opening

source = current_source()
assert source is not None

st.title("Credits and burn-down")
totals = source.rows(CREDITS)
if not totals:
    st.info("There is no credit grant.", icon=":material/toll:")
    st.stop()
currencies = sorted({row["currency"] for row in totals})
most = max(currencies, key=lambda code: sum(row["grants"] for row in totals if row["currency"] == code))
currency = chosen_currency(currencies, most, "credit_in")
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

st.subheader("Burn-down")
pace = source.rows(PACE, currency, source.as_of)[0]
if pace["used_minor"] > 0:
    lasts = 30 * pace["available_minor"] // pace["used_minor"]
    st.caption(
        f"The last 30 days used {money(pace['used_minor'], currency)}; at that pace the "
        f"{money(pace['available_minor'], currency)} still there last {lasts:,} days, if nothing expires before."
    )
else:
    st.caption("The last 30 days used none.")
burn_bars(source.rows(USED_BY_DAY, currency, source.as_of), currency)

st.subheader("Grants")
with st.grid(2, min_column_width=240, vertical_alignment="bottom"):
    holder = st.text_input("Customer or grant", key="holder", bind="query-params", type="search")
    left_over = st.toggle("Still there", key="left_over", bind="query-params")
shown = source.rows(GRANTS, currency, (holder or "").strip(), left_over)
how_many(shown, "grant", "grants", ", those that expire next first. Tick a row to open the customer.")
opening(
    [
        {
            "Customer": row["customer_name"] or row["customer_id"],
            **grant_cells(row),
            "id": row["customer_id"],
        }
        for row in shown
    ],
    key="grant_rows",
    page="app_pages/customer.py",
    parameter="customer",
    alt_text="Credit grants",
    empty="No grant matches.",
    right=GRANT_AMOUNTS,
)

st.subheader("What used them")
uses = source.rows(APPLICATIONS, currency, (holder or "").strip())
how_many(uses, "use", "uses", ", the newest first. Tick a row to open the invoice.")
opening(
    [
        {
            "When": instant(row["applied_at"]),
            "Customer": row["customer_name"] or row["customer_id"] or "–",
            **use_cells(row),
            "id": row["invoice_id"] or "",
        }
        for row in uses
    ],
    key="use_rows",
    page="app_pages/invoice.py",
    parameter="invoice",
    alt_text="Uses of credit grants by invoice lines",
    empty="No invoice has used a credit grant.",
    right=USE_AMOUNTS,
)

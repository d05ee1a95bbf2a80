"""Invoice: what it should have been beside what Stripe made, line group by line group."""

import streamlit as st

from app.dashboard.detail import show_line_groups
from app.dashboard.queries import INVOICE
from app.dashboard.source import current_source
from app.dashboard.widgets import instant, money, number, open_discrepancies, open_page, period, plain, spoken, table

source = current_source()
assert source is not None

st.title("Invoice")
wanted = st.text_input("Invoice", key="invoice", bind="query-params", type="search", placeholder="its id or number")
if not wanted:
    st.caption("Enter an invoice's id or number, or come here from a customer or a discrepancy.")
    st.stop()
shown = source.row(INVOICE, wanted)
if shown is None:
    st.error(f"There is no invoice {plain(wanted)} in this snapshot.", icon=":material/search_off:")
    st.stop()

currency, invoice_id, expected_id = shown["currency"], shown["invoice_id"], shown["expected_invoice_id"]
if invoice_id:
    st.subheader(f"{plain(shown['number'] or 'Draft')} · {spoken(shown['status'])}")
    st.caption(
        f"{plain(invoice_id)} · {spoken(shown['billing_reason'])} · created {instant(shown['created_at'])} "
        f"· finalized {instant(shown['finalized_at'])} · due {instant(shown['due_at'])}"
    )
else:
    st.subheader("Expected, and Stripe has none")
    st.caption(
        f"{plain(expected_id)} is the id that Tieout gives to the invoice it computed · {spoken(shown['reason'])} "
        f"· should have been made {instant(shown['expected_at'])}"
    )
open_page(
    "app_pages/customer.py",
    f"Customer {plain(shown['customer_name'] or shown['customer_id'] or '')}",
    "customer",
    shown["customer_id"],
)

with st.container(horizontal=True):
    st.metric("Expected, without tax", money(shown["expected_minor"], currency), border=True)
    st.metric("Invoiced, without tax", money(shown["total_excl_tax_minor"], currency), border=True)
    st.metric("Due", money(shown["amount_due_minor"], currency), border=True)
    st.metric("Paid", money(shown["amount_paid_minor"], currency), border=True)
    st.metric("Remaining", money(shown["amount_remaining_minor"], currency), border=True)

findings = source.rows(
    "select discrepancy_id, kind, status, currency, impact_minor, explanation from marts.discrepancies "
    "where invoice_id = $1 or (invoice_id is null and json_extract_string(evidence, '$.expected_invoice_id') = $2) "
    "order by status <> 'open', discrepancy_id",
    invoice_id,
    expected_id,
)
st.markdown("**Discrepancies**")
open_discrepancies(findings, empty="There is none.")

show_line_groups(source, invoice_id, expected_id)

left, right = st.columns(2)
with left:
    st.markdown("**Expected lines**")
    table(
        [
            {
                "Price": row["price_id"] or "–",
                "For": spoken(row["kind"]),
                "Quantity": number(row["quantity"]),
                "Amount": money(row["amount_minor"], currency),
                "Period": period(row["period_start"], row["period_end"]),
            }
            for row in source.rows(
                "select * from marts.expected_invoice_lines where expected_invoice_id = ? order by kind, price_id",
                expected_id,
            )
        ],
        alt_text="Expected lines",
        empty="No invoice was expected here, or it is not computed.",
        right=("Quantity", "Amount"),
    )
with right:
    st.markdown("**Lines in Stripe**")
    table(
        [
            {
                "Description": row["description"] or "–",
                "Quantity": number(row["quantity"]),
                "Amount": money(row["amount_minor"], currency),
                "Period": period(row["period_start"], row["period_end"]),
            }
            for row in source.rows(
                "select * from marts.invoice_lines where invoice_id = ? order by position", invoice_id
            )
        ],
        alt_text="Lines of the invoice in Stripe",
        empty="The invoice has no lines.",
        right=("Quantity", "Amount"),
    )

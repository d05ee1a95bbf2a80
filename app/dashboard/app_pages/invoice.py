"""Invoice: what it should have been beside what Stripe made, line group by line group."""

import streamlit as st

from app.dashboard.detail import show_line_groups
from app.dashboard.source import current_source
from app.dashboard.widgets import instant, money, number, open_discrepancies, open_page, period, plain, spoken, table

source = current_source()
assert source is not None

st.title("Invoice")
wanted = st.text_input("Invoice", key="invoice", bind="query-params", type="search", placeholder="its id or number")
if not wanted:
    st.caption("Enter an invoice's id or number, or come here from a customer or a discrepancy.")
    st.stop()
invoice = source.row(
    "select i.*, c.name as customer_name from marts.invoices as i left join marts.customers as c using (customer_id) "
    "where i.invoice_id = ? or i.number = ? order by i.invoice_id",
    wanted,
    wanted,
)
if invoice is None:
    st.error(f"There is no invoice {plain(wanted)} in this snapshot.", icon=":material/search_off:")
    st.stop()

currency = invoice["currency"]
expected = source.row("select * from marts.expected_invoices where matched_invoice_id = ?", invoice["invoice_id"])
st.subheader(f"{plain(invoice['number'] or 'Draft')} · {spoken(invoice['status'])}")
st.caption(
    f"{plain(invoice['invoice_id'])} · {spoken(invoice['billing_reason'])} · created {instant(invoice['created_at'])} "
    f"· finalized {instant(invoice['finalized_at'])} · due {instant(invoice['due_at'])}"
)
open_page(
    "app_pages/customer.py",
    f"Customer {plain(invoice['customer_name'] or invoice['customer_id'] or '')}",
    "customer",
    invoice["customer_id"],
)

with st.container(horizontal=True):
    st.metric(
        "Expected, without tax", money(expected["total_excl_tax_minor"] if expected else None, currency), border=True
    )
    st.metric("Invoiced, without tax", money(invoice["total_excl_tax_minor"], currency), border=True)
    st.metric("Due", money(invoice["amount_due_minor"], currency), border=True)
    st.metric("Paid", money(invoice["amount_paid_minor"], currency), border=True)
    st.metric("Remaining", money(invoice["amount_remaining_minor"], currency), border=True)

findings = source.rows(
    "select discrepancy_id, kind, status, currency, impact_minor, explanation from marts.discrepancies "
    "where invoice_id = ? order by status <> 'open', discrepancy_id",
    invoice["invoice_id"],
)
st.markdown("**Discrepancies**")
open_discrepancies(findings, empty="There is none.")

show_line_groups(source, invoice["invoice_id"])

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
                expected["expected_invoice_id"] if expected else "",
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
                "select * from marts.invoice_lines where invoice_id = ? order by position", invoice["invoice_id"]
            )
        ],
        alt_text="Lines of the invoice in Stripe",
        empty="The invoice has no lines.",
        right=("Quantity", "Amount"),
    )

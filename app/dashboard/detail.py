"""One discrepancy opened: its sentence, its figures, its evidence, and both sides of the invoice it is about."""

from __future__ import annotations

import json

import streamlit as st

from app.dashboard.source import Source
from app.dashboard.widgets import instant, money, open_page, table
from tieout.core.kinds import KINDS

WORDS = {kind.name: kind for kind in KINDS}


def show_discrepancy(source: Source, discrepancy_id: str) -> None:
    """Draws the discrepancy, or says that the id is unknown in this snapshot."""
    row = source.row("select * from marts.discrepancies where discrepancy_id = ?", discrepancy_id)
    if row is None:
        st.error(f"There is no discrepancy {discrepancy_id} in this snapshot.", icon=":material/search_off:")
        return
    with st.container(border=True):
        st.subheader(row["kind"].replace("_", " "))
        st.markdown(f"**{_plain(row['explanation'])}**")
        st.caption(
            f"{row['severity']} · {row['status']} · {row['stage']} · first seen {instant(row['first_seen_at'])}, "
            f"last seen {instant(row['last_seen_at'])} · acts: {WORDS[row['kind']].acts}"
        )
        if row["impact_minor"] is not None:
            with st.container(horizontal=True):
                st.metric("Expected", money(row["expected_minor"], row["currency"]), border=True)
                st.metric("Actual", money(row["actual_minor"], row["currency"]), border=True)
                st.metric(
                    "Leaked" if row["impact_minor"] > 0 else "Overcharged",
                    money(abs(row["impact_minor"]), row["currency"]),
                    border=True,
                )
        with st.container(horizontal=True):
            open_page("app_pages/customer.py", "Customer", "customer", row["customer_id"])
            open_page("app_pages/invoice.py", "Invoice", "invoice", row["invoice_id"])
        if row["invoice_id"] is not None:
            show_line_groups(source, row["invoice_id"], row["price_id"])
        with st.expander("Evidence for engineers", expanded=row["invoice_id"] is None):
            st.json(json.loads(row["evidence"] or "{}"))


def show_line_groups(source: Source, invoice_id: str, price_id: str | None = None) -> None:
    """Both sides of every line group of an invoice; the groups of `price_id` come first."""
    groups = source.rows(
        "select r.*, i.currency from marts.invoice_reconciliation as r "
        "left join marts.invoices as i using (invoice_id) "
        "where r.invoice_id = ? "
        "order by (r.price_id is not distinct from ?) desc, r.status = 'matched', r.price_id, r.kind",
        invoice_id,
        price_id,
    )
    st.markdown("**Both sides, line group by line group**")
    table(
        [
            {
                "Price": group["price_id"] or "–",
                "Kind": group["kind"] or "–",
                "Expected": money(group["expected_minor"], group["currency"]),
                "Stripe invoiced": money(group["actual_minor"], group["currency"]),
                "Difference": money(group["difference_minor"], group["currency"]),
                "Status": group["status"],
                "Why not computed": group["reason"] or "",
            }
            for group in groups
        ],
        alt_text="Expected and invoiced amount of each line group",
        empty="No line group of this invoice is reconciled.",
    )


def _plain(sentence: str) -> str:
    """The sentence without the signs that Markdown and TeX would read as their own."""
    for sign in ("\\", "$", "*", "_", "[", "]", "`"):
        sentence = sentence.replace(sign, f"\\{sign}")
    return sentence

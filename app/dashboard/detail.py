"""Both sides of an invoice, line group by line group; the invoice and an open discrepancy show it."""

from __future__ import annotations

import streamlit as st

from app.dashboard.queries import LINE_GROUPS
from app.dashboard.source import Source
from app.dashboard.widgets import money, number, period, spoken, table


def show_line_groups(
    source: Source, invoice_id: str | None, expected_invoice_id: str | None = None, price_id: str | None = None
) -> None:
    """Both sides of every line group of an invoice, or of an expected one that never came.

    The groups of `price_id` come first, then those that do not match.
    """
    groups = source.rows(LINE_GROUPS, invoice_id, expected_invoice_id, price_id)
    st.markdown(
        "**Both sides, line group by line group** (Stripe writes one line per price tier; a group is all of them)"
    )
    has_reasons = any(group["reason"] for group in groups)
    table(
        [
            {
                "Price": group["price_id"] or group["billed_price_id"] or "–",
                "For": spoken(group["kind"]),
                "Period": period(group["period_start"], group["period_end"]),
                "Expected quantity": number(group["expected_quantity"]),
                "Billed quantity": number(group["billed_quantity"]),
                "Expected": money(group["expected_minor"], group["currency"]),
                "Stripe invoiced": money(group["actual_minor"], group["currency"]),
                "Difference": money(group["difference_minor"], group["currency"]),
                "Outcome": spoken(group["status"]),
            }
            | ({"Reason": spoken(group["reason"])} if has_reasons else {})
            for group in groups
        ],
        alt_text="Expected and invoiced amount of each line group",
        empty="No line group of this invoice is reconciled.",
        right=("Expected quantity", "Billed quantity", "Expected", "Stripe invoiced", "Difference"),
    )

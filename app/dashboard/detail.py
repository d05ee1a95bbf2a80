"""Both sides of an invoice, line group by line group; the invoice and an open discrepancy show it."""

from __future__ import annotations

import streamlit as st

from app.dashboard.queries import LINE_GROUPS
from app.dashboard.source import Row, Source
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
    table(
        [
            {
                "Price": _price(group),
                "Outcome": _outcome(group),
                "Expected": money(group["expected_minor"], group["currency"]),
                "Stripe invoiced": money(group["actual_minor"], group["currency"]),
                "Difference": money(group["difference_minor"], group["currency"]),
                "Expected quantity": number(group["expected_quantity"]),
                "Billed quantity": number(group["billed_quantity"]),
                "For": spoken(group["kind"]),
                "Period": period(group["period_start"], group["period_end"]),
            }
            for group in groups
        ],
        alt_text="Expected and invoiced amount of each line group",
        empty="No line group of this invoice is reconciled.",
        right=("Expected quantity", "Billed quantity", "Expected", "Stripe invoiced", "Difference"),
    )


def _price(group: Row) -> str:
    """The price that was expected, and the one that was billed where that is another."""
    expected, billed = group["price_id"], group["billed_price_id"]
    return f"{expected}, billed {billed}" if expected and billed and billed != expected else expected or billed or "–"


def _outcome(group: Row) -> str:
    """Matched, the kind of what differs, or why it is not computed."""
    if group["status"] == "not_computed":
        return f"not computed: {spoken(group['reason'])}"
    return spoken(group["reason"] or group["status"])

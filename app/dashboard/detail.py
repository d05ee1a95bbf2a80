"""One discrepancy opened: its sentence, its figures, both sides of the invoice it is about, its evidence."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from app.dashboard.queries import DISCREPANCIES, LINE_GROUPS
from app.dashboard.source import Row, Source
from app.dashboard.widgets import day, money, number, open_page, period, plain, spoken, table
from tieout.core.kinds import KINDS

WORDS = {kind.name: kind for kind in KINDS}


def show_discrepancy(source: Source, discrepancy_id: str) -> None:
    """Draws the discrepancy, or says that the id is unknown in this snapshot."""
    row = source.row(f"{DISCREPANCIES} where d.discrepancy_id = ?", discrepancy_id)
    if row is None:
        st.error(f"There is no discrepancy {plain(discrepancy_id)} in this snapshot.", icon=":material/search_off:")
        return
    evidence = json.loads(row["evidence"] or "{}")
    kind = WORDS.get(row["kind"])
    with st.container(border=True):
        st.subheader(spoken(row["kind"]).capitalize())
        st.markdown(f"**{plain(row['explanation'])}**")
        acts = f" · for {kind.acts}" if kind else ""
        st.caption(
            f"{row['severity']} · {row['status']} · {row['stage']} · first seen {day(row['first_seen_at'])}, "
            f"last seen {day(row['last_seen_at'])}{acts}"
        )
        _figures(row)
        with st.container(horizontal=True):
            open_page(
                "app_pages/customer.py",
                f"Customer {plain(row['customer_name'] or row['customer_id'] or '')}",
                "customer",
                row["customer_id"],
            )
            open_page("app_pages/invoice.py", f"Invoice {row['invoice_id']}", "invoice", row["invoice_id"])
        expected_invoice_id = evidence.get("expected_invoice_id")
        if row["invoice_id"] or expected_invoice_id:
            show_line_groups(source, row["invoice_id"], expected_invoice_id, row["price_id"])
        _evidence(row, evidence)


def _figures(row: Row) -> None:
    impact = row["impact_minor"]
    if impact is None:
        return
    effect = "Leaked" if impact > 0 else "Overcharged" if impact < 0 else "Difference"
    with st.container(horizontal=True):
        st.metric("Expected", money(row["expected_minor"], row["currency"]), border=True)
        st.metric("Actual", money(row["actual_minor"], row["currency"]), border=True)
        st.metric(effect, money(abs(impact), row["currency"]), border=True)


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


def _evidence(row: Row, evidence: dict[str, Any]) -> None:
    """The plain facts as a list, and all of it, as it is published, for engineers."""
    facts = {
        spoken(name.removesuffix("_minor")).capitalize(): plain(_fact(name, value, row["currency"]))
        for name, value in evidence.items()
        if value is not None and not isinstance(value, dict | list)
    }
    for consequence in evidence.get("consequences") or []:
        where = spoken(str(consequence.get("shows_in"))).capitalize()
        amount = _fact("_minor", consequence.get("minor"), row["currency"])
        facts[f"Also shows in: {where} {plain(str(consequence.get('id')))}"] = plain(amount)
    if facts:
        st.markdown("**Evidence**")
        st.table(facts, border="horizontal", width="content")
    with st.expander("All of the evidence, for engineers"):
        st.json(evidence)


def _fact(name: str, value: Any, currency: str | None) -> str:
    if name.endswith("_minor") and isinstance(value, int):
        return money(value, currency)
    return "–" if value is None else str(value)

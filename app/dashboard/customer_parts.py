"""The parts of the customer page, from state to ledger."""

from __future__ import annotations

import streamlit as st

from app.dashboard.charts import usage_bars
from app.dashboard.credit_parts import GRANT_AMOUNTS, USE_AMOUNTS, grant_cells, use_cells
from app.dashboard.money_queries import CUSTOMER_APPLICATIONS
from app.dashboard.queries import CUSTOMER_INVOICES
from app.dashboard.source import Row, Source
from app.dashboard.widgets import (
    day,
    how_many,
    instant,
    money,
    number,
    open_discrepancies,
    opening,
    plain,
    spoken,
    table,
)


def show_customer(source: Source, customer: Row) -> None:
    """Everything about one customer of the snapshot."""
    customer_id, currency = customer["customer_id"], customer["currency"]
    st.subheader(plain(customer["name"] or customer_id))
    st.caption(" · ".join(plain(part) for part in (customer_id, customer["account_id"], customer["email"]) if part))
    with st.container(horizontal=True):
        st.metric(
            "Per month",
            money(customer["mrr_minor"], currency),
            border=True,
            help="Recurring revenue of the present subscriptions per month, usage left out.",
        )
        st.metric(
            "Credit balance",
            money(-(customer["balance_minor"] or 0), currency),
            border=True,
            help="What the customer has to the good; Stripe writes it with the opposite sign.",
        )
        st.metric("Open discrepancies", f"{customer['open_discrepancies']:,}", border=True)
        st.metric(
            "Delinquent",
            "yes" if customer["delinquent"] else "no",
            border=True,
            help="Whether Stripe says that the newest invoice charged by itself is not paid.",
        )
    _subscriptions(source, customer_id)
    _usage(source, customer_id)
    _discrepancies(source, customer_id)
    _invoices(source, customer_id)
    _payments(source, customer_id)
    _credits(source, customer_id)
    _ledger(source, customer_id)


def _subscriptions(source: Source, customer_id: str) -> None:
    rows = source.rows(
        "select subscription_id, status, valid_from, valid_to, price_ids, quantities from marts.subscriptions "
        "where customer_id = ? order by valid_from desc, subscription_id",
        customer_id,
    )
    st.markdown("**Subscriptions, newest version first**")
    table(
        [
            {
                "From": day(row["valid_from"]),
                "To": day(row["valid_to"]) if row["valid_to"] else "now",
                "Status": spoken(row["status"]),
                "Items": ", ".join(
                    f"{price}" + (f" × {number(quantity)}" if quantity is not None else "")
                    for price, quantity in zip(row["price_ids"] or [], row["quantities"] or [], strict=False)
                ),
                "Subscription": row["subscription_id"],
            }
            for row in rows
        ],
        alt_text="Subscription versions of the customer",
        empty="This customer has no subscription.",
    )


def _usage(source: Source, customer_id: str) -> None:
    st.markdown("**Usage by day**")
    rows = source.rows(
        "select meter, usage_date, quantity, events from marts.usage_daily where customer_id = ? "
        "order by usage_date, meter",
        customer_id,
    )
    meters = sorted({row["meter"] for row in rows})
    if not meters:
        st.caption("No usage of this customer has landed.")
        return
    meter = st.selectbox("Meter", meters, key="meter", bind="query-params")
    chosen = [row for row in rows if row["meter"] == meter]
    usage_bars(chosen, meter)
    total = sum(row["quantity"] for row in chosen)
    st.caption(f"{number(total)} in {sum(row['events'] for row in chosen):,} events on {len(chosen):,} days.")


def _discrepancies(source: Source, customer_id: str) -> None:
    rows = source.rows(
        "select discrepancy_id, kind, status, currency, impact_minor, explanation from marts.discrepancies "
        "where customer_id = ? order by status <> 'open', abs(coalesce(impact_minor, 0)) desc, discrepancy_id",
        customer_id,
    )
    st.markdown("**Discrepancies**")
    open_discrepancies(rows, empty="There is none.")


def _invoices(source: Source, customer_id: str) -> None:
    rows = source.rows(CUSTOMER_INVOICES, customer_id)
    st.markdown("**Invoices, expected and actual** (without tax; tick one to open it)")
    opening(
        [
            {
                "Created or due": day(row["invoiced_at"]),
                "Number": row["number"] or "–",
                "For": spoken(row["reason"]),
                "Expected": money(row["expected_minor"], row["currency"]),
                "Stripe invoiced": money(row["actual_minor"], row["currency"]),
                "Status": spoken(row["status"]) if row["invoice_id"] else "no invoice",
                "Invoice": row["invoice_id"] or "–",
                "id": row["id"],
            }
            for row in rows
        ],
        key="customer_invoices",
        page="app_pages/invoice.py",
        parameter="invoice",
        alt_text="Invoices of the customer, expected and actual",
        empty="Nothing was invoiced, and nothing should have been.",
        right=("Expected", "Stripe invoiced"),
    )


def _payments(source: Source, customer_id: str) -> None:
    rows = source.rows(
        "select * from marts.payment_recovery where customer_id = ? order by first_failed_at desc, invoice_id",
        customer_id,
    )
    paid = source.rows(
        "select currency, sum(amount_paid_minor)::bigint as paid_minor, "
        "sum(amount_remaining_minor)::bigint as left_minor "
        "from marts.invoices where customer_id = ? group by currency order by currency",
        customer_id,
    )
    st.markdown("**Payments**")
    for row in paid:
        st.caption(
            f"Paid {money(row['paid_minor'], row['currency'])}; {money(row['left_minor'], row['currency'])} remain."
        )
    table(
        [
            {
                "Invoice": row["invoice_id"],
                "State": spoken(row["state"]),
                "Attempts": row["attempts"],
                "First failed": instant(row["first_failed_at"]),
                "Recovered": instant(row["recovered_at"]),
                "Amount": money(row["amount_minor"], row["currency"]),
            }
            for row in rows
        ],
        right=("Amount",),
        alt_text="Invoices of the customer with a failed payment",
        empty="No payment of this customer has failed.",
    )


def _credits(source: Source, customer_id: str) -> None:
    grants = source.rows(
        "select * from marts.credit_balances where customer_id = ? "
        "order by available_minor > 0 desc, expires_at nulls last, credit_grant_id",
        customer_id,
    )
    uses = source.rows(CUSTOMER_APPLICATIONS, customer_id)
    st.markdown("**Credits**")
    table(
        [grant_cells(row) for row in grants],
        right=GRANT_AMOUNTS,
        alt_text="Credit grants of the customer",
        empty="This customer has no credit grant.",
    )
    if uses:
        st.markdown("**Burn-down**: which line used which grant")
        how_many(uses, "use", "uses", ", the newest first. Tick one to open its invoice.")
        opening(
            [{"When": instant(row["applied_at"])} | use_cells(row) | {"id": row["invoice_id"] or ""} for row in uses],
            key="customer_uses",
            page="app_pages/invoice.py",
            parameter="invoice",
            alt_text="Burn-down of the customer's credits",
            empty="",
            right=USE_AMOUNTS,
        )


def _ledger(source: Source, customer_id: str) -> None:
    rows = source.rows(
        "select account, currency, balance_minor from marts.ledger_balances where customer_id = ? "
        "order by account, currency",
        customer_id,
    )
    st.markdown("**Ledger** (debit +, credit −)")
    table(
        [{"Account": spoken(row["account"]), "Balance": money(row["balance_minor"], row["currency"])} for row in rows],
        right=("Balance",),
        alt_text="Ledger balances of the customer",
        empty="Nothing is posted for this customer.",
    )

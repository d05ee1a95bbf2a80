"""Credit grants, customer balances and contracts of a history, as they land."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.reference.histories import History, Invoice

Json = dict[str, Any]


def invoice_id(history: History, number: int) -> str:
    """The id of the history's invoice of that number, from 0."""
    return f"in_{history.subscription_id}_{number}"


def grant_objects(history: History) -> list[Json]:
    return [
        {
            "id": grant.grant_id,
            "object": "billing.credit_grant",
            "amount": {"type": "monetary", "monetary": {"currency": history.currency, "value": grant.amount}},
            "applicability_config": {
                "scope": {"prices": [{"id": one} for one in grant.price_ids]}
                if grant.price_ids
                else {"price_type": "metered"}
            },
            "category": grant.category,
            "created": grant.created,
            "customer": history.customer_id,
            "effective_at": grant.effective,
            "expires_at": grant.expires,
            "livemode": True,
            "metadata": {},
            "name": grant.grant_id,
            "priority": grant.priority,
            "updated": grant.created,
            "voided_at": None,
        }
        for grant in history.grants
    ]


def grant_entries(history: History, invoices: list[Invoice]) -> list[Json]:
    """The grants' own transactions: given when effective, applied when an invoice is finalized."""

    def entry(number: str, grant_id: str, side: str, amount: int, at: int, detail: Json) -> Json:
        money = {"type": "monetary", "monetary": {"currency": history.currency, "value": amount}}
        shape: Json = {
            "id": f"cbtxn_{history.subscription_id}_{number}",
            "object": "billing.credit_balance_transaction",
            "created": at,
            "credit": None,
            "credit_grant": grant_id,
            "debit": None,
            "effective_at": at,
            "livemode": True,
            "type": side,
        }
        shape[side] = {"amount": money, **detail}
        return shape

    entries = [
        entry(f"{one.grant_id}", one.grant_id, "credit", one.amount, one.effective, {"type": "credits_granted"})
        for one in history.grants
    ]
    for number, invoice in enumerate(invoices):
        for grant_id, amount in invoice.credits:
            applied = {"invoice": invoice_id(history, number), "invoice_line_item": "il_1"}
            detail = {"type": "credits_applied", "credits_applied": applied}
            entries.append(entry(f"{number}_{grant_id}", grant_id, "debit", amount, invoice.finalized, detail))
    return entries


def balance_entries(history: History, invoices: list[Invoice]) -> list[Json]:
    """The customer balance's transactions: what it began with, and what each invoice did with it when finalized."""

    def entry(name: str, kind: str, change: int, after: int, at: int, invoice: str | None) -> Json:
        return {
            "id": f"cbtxn_{history.subscription_id}_b{name}",
            "object": "customer_balance_transaction",
            "amount": change,
            "created": at,
            "currency": history.currency,
            "customer": history.customer_id,
            "ending_balance": after,
            "invoice": invoice,
            "livemode": True,
            "type": kind,
        }

    entries = []
    if history.balance:
        start = history.states[0].at - 86_400
        entries.append(entry("egin", "adjustment", history.balance, history.balance, start, None))
    for number, one in enumerate(invoices):
        settled = one.settlement
        if settled is not None and settled.balance_after != settled.balance_before:
            change = settled.balance_after - settled.balance_before
            is_small = change > 0 and one.total > 0 and settled.balance_before >= 0
            kind = "invoice_too_small" if is_small else "applied_to_invoice"
            name = invoice_id(history, number)
            entries.append(entry(str(number), kind, change, settled.balance_after, one.finalized, name))
    return entries


def contract_records(history: History) -> list[Json]:
    """The contract behind the commitment, one line per amendment."""
    prices = sorted({item.price.price_id for state in history.states for item in state.items})
    first = history.states[0].items[0].price
    return [
        {
            "contract_id": f"ctr_{history.subscription_id}",
            "account_id": f"account_{history.subscription_id}",
            "account_name": history.customer_id,
            "customer": history.customer_id,
            "starts_at": rfc3339(one.since),
            "ends_at": None if one.until is None else rfc3339(one.until),
            "currency": history.currency,
            "items": [{"price": price} for price in prices],
            "coupon": None,
            "commitment": {
                "amount_minor": one.amount,
                "interval": first.interval,
                "interval_count": first.interval_count,
            },
            "limits": [],
        }
        for one in history.commitments
    ]


def rfc3339(instant: int) -> str:
    """Unix seconds as a contract writes instants."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

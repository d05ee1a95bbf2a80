"""Stripe's JSON of what changes an invoice's amount: coupons, credit grants, balance transactions, pending items."""

from __future__ import annotations

from typing import Any

from tieout.simulator.catalogue import plain
from tieout.simulator.invoices import Invoice, Line, quantity_text
from tieout.simulator.objects import Json, embedded_price
from tieout.simulator.people import Customer
from tieout.simulator.terms import Grant


def invoice_item(line: Line, invoice: Invoice) -> Json:
    """The pending item that an invoice line came from."""
    c, s = invoice.customer, invoice.subscription
    out: Json = {
        "id": line.pending_id, "object": "invoiceitem", "amount": line.amount, "currency": invoice.currency,
        "customer": c.customer_id, "date": line.start if line.is_proration else line.end,
        "description": line.description, "discountable": False, "discounts": [], "invoice": invoice.invoice_id,
        "livemode": True, "metadata": {"commitment": c.contract_id} if line.kind == "commitment" else {},
        "period": {"start": line.start, "end": line.end}, "proration": line.is_proration,
        "quantity": int(line.quantity), "tax_rates": [], "test_clock": None,
    }  # fmt: skip
    if c.api == "legacy":
        return out | {
            "price": embedded_price(line.price) if line.price.price_id else None,
            "subscription": s.subscription_id, "subscription_item": line.item_id or None, "unit_amount": None,
            "unit_amount_decimal": plain(line.unit),
        }  # fmt: skip
    details = {"price": line.price.price_id, "product": f"prod_{line.price.product}"} if line.price.price_id else None
    return out | {
        "parent": {
            "type": "subscription_details",
            "subscription_details": {
                "subscription": s.subscription_id, "subscription_item": line.item_id or None,
            },
        },
        "pricing": {"type": "price_details", "price_details": details, "unit_amount_decimal": plain(line.unit)},
        "net_amount": line.amount, "quantity_decimal": quantity_text(line.quantity),
    }  # fmt: skip


def grant(customer: Customer, g: Grant) -> Json:
    scope: Json = {"prices": [{"id": p} for p in g.price_ids]} if g.price_ids else {"price_type": "metered"}
    return {
        "id": g.grant_id, "object": "billing.credit_grant",
        "amount": {"type": "monetary", "monetary": {"currency": customer.currency, "value": g.amount}},
        "applicability_config": {"scope": scope}, "category": g.category, "created": g.effective,
        "customer": customer.customer_id, "effective_at": g.effective, "expires_at": g.expires, "livemode": True,
        "metadata": {}, "name": g.category, "priority": g.priority, "test_clock": None, "updated": g.effective,
        "voided_at": None,
    }  # fmt: skip


def grant_transaction(
    txn_id: str, currency: str, g: Grant, kind: str, amount: int, at: int, used: tuple[str, str] | None
) -> Json:
    """A use, an expiry or the gift itself; ``used``: by which invoice and line."""
    movement: dict[str, Any] = {
        "amount": {"type": "monetary", "monetary": {"currency": currency, "value": amount}}, "type": kind,
    }  # fmt: skip
    if used is not None:
        movement["credits_applied"] = {"invoice": used[0], "invoice_line_item": used[1]}
    is_gift = kind == "credits_granted"
    return {
        "id": txn_id, "object": "billing.credit_balance_transaction", "created": at,
        "credit": movement if is_gift else None, "credit_grant": g.grant_id, "debit": None if is_gift else movement,
        "effective_at": at, "livemode": True, "test_clock": None, "type": "credit" if is_gift else "debit",
    }  # fmt: skip


def balance_transaction(
    customer: Customer, txn_id: str, kind: str, at: int, amount: int, ending: int, invoice_id: str | None
) -> Json:
    """A movement of the customer's balance."""
    return {
        "id": txn_id, "object": "customer_balance_transaction", "amount": amount, "created": at, "credit_note": None,
        "currency": customer.currency, "customer": customer.customer_id,
        "description": "Goodwill credit from support" if kind == "adjustment" else None,
        "ending_balance": ending, "invoice": invoice_id, "livemode": True, "metadata": {}, "type": kind,
    }  # fmt: skip

"""Stripe's JSON of invoices and their lines, in the shape before and from 2025-03-31.basil."""

from __future__ import annotations

from typing import Final

from tieout.simulator.catalogue import plain
from tieout.simulator.invoices import Invoice, Line, quantity_text
from tieout.simulator.objects import Json, discount, embedded_price

_FINALIZATION_ERROR: Final[Json] = {
    "code": "customer_tax_location_invalid",
    "type": "invalid_request_error",
    "message": "The customer's location isn't recognized.",
}


def _taxes(amount: int, taxable: int, api: str) -> list[Json]:
    common = {"amount": amount, "taxability_reason": "standard_rated", "taxable_amount": taxable}
    if api == "legacy":
        return [{**common, "inclusive": False, "tax_rate": "txr_vat20"}]
    return [
        {
            **common, "tax_behavior": "exclusive", "tax_rate_details": {"tax_rate": "txr_vat20"},
            "type": "tax_rate_details",
        }
    ]  # fmt: skip


def _pretax_credits(line: Line, discount_id: str | None) -> list[Json]:
    out: list[Json] = []
    if line.discount:
        out.append({"amount": line.discount, "discount": discount_id, "type": "discount"})
    return out + [
        {"amount": amount, "credit_balance_transaction": txn, "type": "credit_balance_transaction"}
        for txn, amount in line.credits
    ]


def _parent(line: Line, s: str) -> Json:
    details: Json = {
        "proration": line.is_proration, "proration_details": {"credited_items": None}, "subscription": s,
    }  # fmt: skip
    if line.pending_id is not None:
        return {
            "type": "invoice_item_details", "subscription_item_details": None,
            "invoice_item_details": {"invoice_item": line.pending_id, **details},
        }  # fmt: skip
    return {
        "type": "subscription_item_details", "invoice_item_details": None,
        "subscription_item_details": {"invoice_item": None, "subscription_item": line.item_id, **details},
    }  # fmt: skip


def _line(line: Line, i: Invoice) -> Json:
    c, s, has_price = i.customer, i.subscription.subscription_id, bool(line.price.price_id)
    discount_id = i.discount.discount_id if i.discount is not None else None
    taxes = _taxes(line.tax, line.net, c.api) if c.terms.tax_percent is not None else []
    out: Json = {
        "id": line.line_id, "object": "line_item", "amount": line.amount, "currency": i.currency,
        "description": line.description,
        "discount_amounts": [{"amount": line.discount, "discount": discount_id}]
        if discount_id is not None and line.is_discountable else [],
        "discountable": line.is_discountable, "discounts": [], "invoice": i.invoice_id, "livemode": True,
        "metadata": {"commitment": c.contract_id} if line.kind == "commitment" else {},
        "period": {"start": line.start, "end": line.end}, "pretax_credit_amounts": _pretax_credits(line, discount_id),
        "quantity": int(line.quantity), "subscription": s,
    }  # fmt: skip
    if c.api == "legacy":
        out |= {
            "amount_excluding_tax": line.amount, "price": embedded_price(line.price) if has_price else None,
            "proration": line.is_proration, "proration_details": {"credited_items": None}, "tax_amounts": taxes,
            "tax_rates": [], "type": "subscription" if line.pending_id is None else "invoiceitem",
            "unit_amount_excluding_tax": plain(line.unit),
        }  # fmt: skip
        if line.item_id:
            out["subscription_item"] = line.item_id
        return out if line.pending_id is None else out | {"invoice_item": line.pending_id}
    details = {"price": line.price.price_id, "product": f"prod_{line.price.product}"} if has_price else None
    return out | {
        "parent": _parent(line, s),
        "pricing": {"type": "price_details", "price_details": details, "unit_amount_decimal": plain(line.unit)},
        "quantity_decimal": quantity_text(line.quantity), "subtotal": line.amount, "taxes": taxes,
    }  # fmt: skip


def invoice(i: Invoice) -> Json:
    """An invoice as it stands."""
    c, is_draft = i.customer, i.status == "draft"
    due = i.total if is_draft else i.amount_due
    subtotal = i.subtotal + (i.stated_shift if i.ways.misstates_subtotal else 0)
    out: Json = {
        "id": i.invoice_id, "object": "invoice", "account_country": "US", "account_name": "Loopwright Inc",
        "amount_due": due, "amount_paid": i.amount_paid, "amount_remaining": due - i.amount_paid, "amount_shipping": 0,
        "application": None, "attempt_count": i.attempts, "attempted": i.attempts > 0,
        "auto_advance": not i.ways.stuck, "automatic_tax": {"enabled": False, "liability": None, "status": None},
        "billing_reason": i.billing_reason,
        "collection_method": "send_invoice" if c.terms.is_sent else "charge_automatically", "created": i.created,
        "currency": i.currency, "customer": c.customer_id, "customer_email": f"billing+{c.number}@example.com",
        "customer_name": c.name, "default_payment_method": None, "description": None, "due_date": i.due_at,
        "effective_at": i.finalized_at, "ending_balance": i.ending_balance,
        "last_finalization_error": _FINALIZATION_ERROR if i.ways.stuck == "finalization_error" else None,
        "lines": {
            "object": "list", "data": [_line(line, i) for line in i.lines], "has_more": False,
            "url": f"/v1/invoices/{i.invoice_id}/lines",
        },
        "livemode": True, "metadata": {}, "next_payment_attempt": i.next_attempt,
        "number": None if is_draft else i.number, "period_end": i.period_end, "period_start": i.period_start,
        "post_payment_credit_notes_amount": i.credited_after, "pre_payment_credit_notes_amount": 0,
        "starting_balance": i.starting_balance, "status": i.status,
        "status_transitions": {
            "finalized_at": i.finalized_at, "marked_uncollectible_at": i.written_off_at, "paid_at": i.paid_at,
            "voided_at": i.voided_at,
        },
        "subtotal": subtotal, "subtotal_excluding_tax": subtotal, "total": i.total,
        "total_discount_amounts": []
        if i.discount is None else [{"amount": i.discounted, "discount": i.discount.discount_id}],
        "total_excluding_tax": i.total_excl_tax, "webhooks_delivered_at": i.created,
        "total_pretax_credit_amounts": [
            part for line in i.lines
            for part in _pretax_credits(line, i.discount.discount_id if i.discount is not None else None)
        ],
    }  # fmt: skip
    shown = [] if i.discount is None else [discount(i.discount, c, i.subscription)]
    taxes = _taxes(i.tax, i.total_excl_tax, c.api) if c.terms.tax_percent is not None else []
    if c.api == "legacy":
        return out | {
            "subscription": i.subscription.subscription_id, "charge": i.charge_id,
            "payment_intent": i.payment_intent_id, "paid": i.status == "paid", "paid_out_of_band": False,
            "discount": shown[0] if shown else None, "discounts": [d["id"] for d in shown],
            "tax": i.tax if taxes else None, "total_tax_amounts": taxes, "subscription_details": {"metadata": {}},
        }  # fmt: skip
    return out | {
        "parent": {
            "type": "subscription_details", "quote_details": None,
            "subscription_details": {"metadata": {}, "subscription": i.subscription.subscription_id},
        },
        "amount_overpaid": 0, "amount_paid_off_stripe": 0,
        "automatically_finalizes_at": i.created + 3600 if is_draft and not i.ways.stuck else None,
        "discounts": shown, "total_taxes": taxes,
    }  # fmt: skip

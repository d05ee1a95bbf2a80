"""Stripe's JSON of the simulator's things, in the shape before and from 2025-03-31.basil."""

from __future__ import annotations

from typing import Any, Final

from tieout.simulator.catalogue import CATALOGUE_CREATED, METERS, PRODUCTS, Meter, Price, plain
from tieout.simulator.invoices import Invoice, Line, quantity_text
from tieout.simulator.people import Customer, Item, Subscription

Json = dict[str, Any]
API_VERSIONS: Final = {"basil": "2026-10-28.endive", "legacy": "2024-09-30.acacia"}


def product(key: str) -> Json:
    return {
        "id": f"prod_{key}", "object": "product", "active": True, "created": CATALOGUE_CREATED, "default_price": None,
        "description": None, "images": [], "livemode": True, "marketing_features": [], "metadata": {},
        "name": PRODUCTS[key], "tax_code": None, "type": "service", "unit_label": None, "updated": CATALOGUE_CREATED,
        "url": None,
    }  # fmt: skip


def meter(m: Meter, *, deactivated_at: int | None = None) -> Json:
    return {
        "id": m.meter_id, "object": "billing.meter", "created": CATALOGUE_CREATED,
        "customer_mapping": {"event_payload_key": "stripe_customer_id", "type": "by_id"},
        "default_aggregation": {"formula": m.formula}, "display_name": m.event_name.replace("_", " "),
        "event_name": m.event_name, "event_time_window": None, "livemode": True,
        "status": "active" if deactivated_at is None else "inactive",
        "status_transitions": {"deactivated_at": deactivated_at}, "updated": deactivated_at or CATALOGUE_CREATED,
        "value_settings": {"event_payload_key": "value"},
    }  # fmt: skip


def _whole(text: str) -> int | None:
    return int(text) if "." not in text else None


def price(p: Price, *, with_tiers: bool = False) -> Json:
    """A price; its tiers are only there when asked for, as in the API."""
    unit = None if p.unit is None else plain(p.unit)
    out: Json = {
        "id": p.price_id, "object": "price", "active": True, "billing_scheme": "per_unit" if unit else "tiered",
        "created": CATALOGUE_CREATED, "currency": p.currency, "custom_unit_amount": None, "livemode": True,
        "lookup_key": p.key, "metadata": {}, "nickname": p.key, "product": f"prod_{p.product}",
        "recurring": {
            "aggregate_usage": None, "interval": p.interval, "interval_count": 1,
            "meter": None if p.meter is None else METERS[p.meter].meter_id, "trial_period_days": None,
            "usage_type": "licensed" if p.meter is None else "metered",
        },
        "tax_behavior": "exclusive", "tiers_mode": None if unit else "graduated", "transform_quantity": None,
        "type": "recurring", "unit_amount": _whole(unit) if unit else None, "unit_amount_decimal": unit,
    }  # fmt: skip
    if with_tiers and p.tiers:
        out["tiers"] = [
            {
                "flat_amount": t.flat, "flat_amount_decimal": None if t.flat is None else str(t.flat),
                "unit_amount": _whole(plain(t.unit)), "unit_amount_decimal": plain(t.unit), "up_to": t.up_to,
            }
            for t in p.tiers
        ]  # fmt: skip
    return out


_PRICES: dict[str, Json] = {}


def embedded_price(p: Price) -> Json:
    """The price inside another object; made once, since it is the same everywhere."""
    if p.price_id not in _PRICES:
        _PRICES[p.price_id] = price(p)
    return _PRICES[p.price_id]


def customer(c: Customer, *, balance: int, is_delinquent: bool) -> Json:
    return {
        "id": c.customer_id, "object": "customer", "address": None, "balance": balance, "created": c.created,
        "currency": c.currency, "default_source": None, "delinquent": is_delinquent, "description": None,
        "email": f"billing+{c.number}@example.com", "invoice_prefix": c.customer_id[-8:].upper(), "livemode": True,
        "metadata": {}, "name": c.name, "phone": None, "preferred_locales": [], "tax_exempt": "none",
        "test_clock": None,
    }  # fmt: skip


def _subscription_item(s: Subscription, item: Item, api: str, period: tuple[int, int]) -> Json:
    out: Json = {
        "id": item.item_id, "object": "subscription_item", "created": s.created, "discounts": [], "metadata": {},
        "price": embedded_price(item.price), "subscription": s.subscription_id, "tax_rates": [],
    }  # fmt: skip
    if item.quantity is not None:
        out["quantity"] = item.quantity
    if api == "basil":
        out["current_period_start"], out["current_period_end"] = period
    return out


def subscription(
    c: Customer,
    s: Subscription,
    *,
    status: str,
    period: tuple[int, int],
    latest_invoice: str | None,
    is_cancelling: bool,
) -> Json:
    """A subscription as it stands; ``is_cancelling``: the cancellation at the period's end has been asked for."""
    is_over = status == "canceled"
    out: Json = {
        "id": s.subscription_id, "object": "subscription", "application": None, "automatic_tax": {"enabled": False},
        "billing_cycle_anchor": s.anchor, "cancel_at": s.cancel_at if is_cancelling and not is_over else None,
        "cancel_at_period_end": is_cancelling, "canceled_at": s.cancel_asked if is_cancelling else None,
        "cancellation_details": {
            "comment": None, "feedback": None, "reason": "cancellation_requested" if is_cancelling else None,
        },
        "collection_method": "charge_automatically", "created": s.created, "currency": c.currency,
        "customer": c.customer_id, "days_until_due": None, "default_payment_method": None, "description": None,
        "ended_at": s.cancel_at if is_over else None,
        "items": {
            "object": "list", "data": [_subscription_item(s, i, c.api, period) for i in s.items], "has_more": False,
            "url": f"/v1/subscription_items?subscription={s.subscription_id}",
        },
        "latest_invoice": latest_invoice, "livemode": True, "metadata": {}, "pause_collection": None, "schedule": None,
        "start_date": s.created, "status": status, "test_clock": None, "trial_end": s.trial_end,
        "trial_start": None if s.trial_end is None else s.created,
    }  # fmt: skip
    if c.api == "legacy":
        out["current_period_start"], out["current_period_end"] = period
        out["discount"] = None
    else:
        out["billing_mode"] = {"type": "classic"}
        out["discounts"] = []
    return out


def _line(line: Line, invoice: Invoice, api: str) -> Json:
    s = invoice.subscription.subscription_id
    out: Json = {
        "id": line.line_id, "object": "line_item", "amount": line.amount, "currency": invoice.customer.currency,
        "description": line.description, "discount_amounts": [], "discountable": True, "discounts": [],
        "invoice": invoice.invoice_id, "livemode": True, "metadata": {},
        "period": {"start": line.start, "end": line.end}, "pretax_credit_amounts": [],
        "quantity": int(line.quantity), "subscription": s,
    }  # fmt: skip
    if api == "legacy":
        out |= {
            "amount_excluding_tax": line.amount, "price": embedded_price(line.price), "proration": False,
            "proration_details": {"credited_items": None}, "tax_amounts": [], "tax_rates": [], "type": "subscription",
            "unit_amount_excluding_tax": plain(line.unit), "subscription_item": line.item_id,
        }  # fmt: skip
        return out
    return out | {
        "parent": {
            "type": "subscription_item_details", "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None, "subscription_item": line.item_id, "proration": False,
                "proration_details": {"credited_items": None}, "subscription": s,
            },
        },
        "pricing": {
            "type": "price_details",
            "price_details": {"price": line.price.price_id, "product": f"prod_{line.price.product}"},
            "unit_amount_decimal": plain(line.unit),
        },
        "quantity_decimal": quantity_text(line.quantity), "subtotal": line.amount, "taxes": [],
    }  # fmt: skip


def invoice_lines(invoice: Invoice) -> list[Json]:
    """The lines' JSON, made once for all versions of an invoice."""
    return [_line(line, invoice, invoice.customer.api) for line in invoice.lines]


def invoice(i: Invoice, lines: list[Json]) -> Json:
    """An invoice as it stands."""
    c, total = i.customer, i.total
    is_paid, is_draft = i.status == "paid", i.status == "draft"
    due = total if is_draft else i.amount_due
    out: Json = {
        "id": i.invoice_id, "object": "invoice", "account_country": "US", "account_name": "Loopwright Inc",
        "amount_due": due, "amount_paid": i.amount_paid, "amount_remaining": due - i.amount_paid, "amount_shipping": 0,
        "application": None, "attempt_count": i.attempts, "attempted": i.attempts > 0, "auto_advance": True,
        "automatic_tax": {"enabled": False, "liability": None, "status": None}, "billing_reason": i.billing_reason,
        "collection_method": "charge_automatically", "created": i.created, "currency": c.currency,
        "customer": c.customer_id, "customer_email": f"billing+{c.number}@example.com", "customer_name": c.name,
        "default_payment_method": None, "description": None, "due_date": None, "effective_at": i.finalized_at,
        "ending_balance": i.ending_balance, "last_finalization_error": None,
        "lines": {
            "object": "list", "data": lines, "has_more": False, "url": f"/v1/invoices/{i.invoice_id}/lines",
        },
        "livemode": True, "metadata": {}, "next_payment_attempt": i.next_attempt,
        "number": None if is_draft else i.number, "period_end": i.period_end, "period_start": i.period_start,
        "post_payment_credit_notes_amount": 0, "pre_payment_credit_notes_amount": 0, "starting_balance": 0,
        "status": i.status,
        "status_transitions": {
            "finalized_at": i.finalized_at, "marked_uncollectible_at": None, "paid_at": i.paid_at, "voided_at": None,
        },
        "subtotal": total, "subtotal_excluding_tax": total, "total": total, "total_discount_amounts": [],
        "total_excluding_tax": total, "webhooks_delivered_at": i.created, "total_pretax_credit_amounts": [],
        "discounts": [],
    }  # fmt: skip
    if c.api == "legacy":
        out |= {
            "subscription": i.subscription.subscription_id, "charge": i.charge_id,
            "payment_intent": i.payment_intent_id, "paid": is_paid, "paid_out_of_band": False,
            "discount": None, "tax": None, "total_tax_amounts": [],
            "subscription_details": {"metadata": {}},
        }  # fmt: skip
        return out
    return out | {
        "parent": {
            "type": "subscription_details", "quote_details": None,
            "subscription_details": {"metadata": {}, "subscription": i.subscription.subscription_id},
        },
        "amount_overpaid": 0, "amount_paid_off_stripe": 0,
        "automatically_finalizes_at": i.created + 3600 if is_draft else None, "total_taxes": [],
    }  # fmt: skip


def event(event_id: str, api: str, kind: str, created: int, obj: Json, previous: Json | None = None) -> Json:
    data: Json = {"object": obj}
    if previous is not None:
        data["previous_attributes"] = previous
    return {
        "id": event_id, "object": "event", "api_version": API_VERSIONS[api], "created": created, "data": data,
        "livemode": True, "pending_webhooks": 0, "request": {"id": None, "idempotency_key": None}, "type": kind,
    }  # fmt: skip

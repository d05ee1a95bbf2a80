"""Stripe's JSON of the simulator's things, in the shape before and from 2025-03-31.basil."""

from __future__ import annotations

from typing import Any, Final

from tieout.simulator.catalogue import CATALOGUE_CREATED, METERS, PRODUCTS, Meter, Price, plain
from tieout.simulator.people import Customer, Item, Subscription
from tieout.simulator.terms import Coupon, Discount

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


def coupon(held: Coupon, currency: str, amount_off: int | None) -> Json:
    """A coupon; one of a fixed amount is there once per currency."""
    return {
        "id": _coupon_id(held, currency), "object": "coupon", "amount_off": amount_off, "created": CATALOGUE_CREATED,
        "currency": None if amount_off is None else currency,
        "duration": "forever" if held.months is None else "repeating", "duration_in_months": held.months,
        "livemode": True, "max_redemptions": None, "metadata": {}, "name": held.coupon_id,
        "percent_off": None if held.percent is None else float(held.percent), "redeem_by": None, "times_redeemed": 0,
        "valid": True,
    }  # fmt: skip


def _coupon_id(held: Coupon, currency: str) -> str:
    return held.coupon_id if held.percent is not None else f"{held.coupon_id}_{currency}"


def discount(held: Discount, c: Customer, s: Subscription) -> Json:
    out: Json = {
        "id": held.discount_id, "object": "discount", "checkout_session": None, "customer": c.customer_id,
        "end": held.end, "invoice": None, "invoice_item": None, "promotion_code": None, "start": held.start,
        "subscription": s.subscription_id, "subscription_item": None,
    }  # fmt: skip
    if c.api == "legacy":
        return out | {"coupon": coupon(held.coupon, c.currency, held.amount_off)}
    return out | {"source": {"coupon": _coupon_id(held.coupon, c.currency), "type": "coupon"}}


def _collection(c: Customer) -> str:
    return "send_invoice" if c.terms.is_sent else "charge_automatically"


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
    at: int,
) -> Json:
    """A subscription as it stands at an instant; ``is_cancelling``: it has been asked to end with its period."""
    is_over = status == "canceled"
    is_changed = c.terms.change is not None and s.changed_at is not None
    held = c.terms.discount
    discount_now = discount(held, c, s) if held is not None and held.is_in_force(at) else None
    out: Json = {
        "id": s.subscription_id, "object": "subscription", "application": None, "automatic_tax": {"enabled": False},
        "billing_cycle_anchor": s.anchor, "cancel_at": s.cancel_at if is_cancelling and not is_over else None,
        "cancel_at_period_end": is_cancelling, "canceled_at": s.cancel_asked if is_cancelling else None,
        "cancellation_details": {
            "comment": None, "feedback": None, "reason": "cancellation_requested" if is_cancelling else None,
        },
        "collection_method": _collection(c), "created": s.created, "currency": c.currency,
        "customer": c.customer_id, "days_until_due": 30 if c.terms.is_sent else None,
        "default_payment_method": None, "description": None,
        "ended_at": s.cancel_at if is_over else None,
        "items": {
            "object": "list", "data": [_subscription_item(s, i, c.api, period) for i in s.items], "has_more": False,
            "url": f"/v1/subscription_items?subscription={s.subscription_id}",
        },
        "latest_invoice": latest_invoice, "livemode": True,
        "metadata": {"proration_behavior": "create_prorations"} if is_changed else {},
        "pause_collection": None, "schedule": None,
        "start_date": s.created, "status": status, "test_clock": None, "trial_end": s.trial_end,
        "trial_start": None if s.trial_end is None else s.created,
    }  # fmt: skip
    if c.api == "legacy":
        out["current_period_start"], out["current_period_end"] = period
        out["discount"] = discount_now
    else:
        out["billing_mode"] = {"type": "classic"}
        out["discounts"] = [] if discount_now is None else [discount_now]
    return out


def event(event_id: str, api: str, kind: str, created: int, obj: Json, previous: Json | None = None) -> Json:
    data: Json = {"object": obj}
    if previous is not None:
        data["previous_attributes"] = previous
    return {
        "id": event_id, "object": "event", "api_version": API_VERSIONS[api], "created": created, "data": data,
        "livemode": True, "pending_webhooks": 0, "request": {"id": None, "idempotency_key": None}, "type": kind,
    }  # fmt: skip

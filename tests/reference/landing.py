"""Writes histories as a landing area: Stripe objects, usage and the invoices that Stripe would have made.

The invoices carry no lines: the expectation takes from them only when they were made and finalized. What grants and the
customer balance had left comes from their transactions, which are written as the reference applied them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from tests.reference.histories import Discount, History, Invoice, Item, Price, State
from tests.reference.landing_credits import (
    Json,
    balance_entries,
    contract_records,
    grant_entries,
    grant_objects,
    invoice_id,
)

CREATED = 1_700_000_000
#: What a price or coupon costs in its own currency, when another one is asked for.
OTHER_CURRENCY, DECOY = "chf", Decimal(987_654)


def write_landing(folder: Path, rated: Iterable[tuple[History, list[Invoice]]], as_of: int) -> None:
    """Writes `stripe/*.jsonl`, `usage/usage.jsonl` and `contracts/contracts.jsonl` below the folder."""
    rated = list(rated)
    histories = [history for history, _ in rated]
    files: dict[str, list[Json]] = {
        "price": unique(price_object(item.price, h.currency) for h in histories for s in h.states for item in s.items),
        "coupon": unique(coupon_object(one, h.currency) for h in histories for s in h.states for one in s.discounts),
        "meter": unique(
            meter_object(meter, formula) for h in histories for meter, formula in sorted(h.formulas.items())
        ),
        "customer": [customer_object(history) for history in histories],
        "event": [event for history in histories for event in subscription_events(history, as_of)],
        "grant": [one for history in histories for one in grant_objects(history)],
        "grant_entry": [one for history, invoices in rated for one in grant_entries(history, invoices)],
        "balance_entry": [one for history, invoices in rated for one in balance_entries(history, invoices)],
        "invoice": [invoice_object(history, one, as_of) for history, invoices in rated for one in invoices],
    }
    for name, objects in files.items():
        write_lines(folder / "stripe" / f"{name}.jsonl", objects)
    contracts = [one for history in histories for one in contract_records(history)]
    write_lines(folder / "contracts" / "contracts.jsonl", contracts)
    write_lines(folder / "usage" / "usage.jsonl", [event for history in histories for event in usage_records(history)])


def write_lines(path: Path, objects: list[Json]) -> None:
    """One JSON object per line; no file where there is none."""
    if objects:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(one) + "\n" for one in objects))


def unique(objects: Iterable[Json]) -> list[Json]:
    """The objects once per id, in order."""
    return list({one["id"]: one for one in objects}.values())


def amounts(name: str, amount: Decimal | None) -> Json:
    """An amount as Stripe writes it: whole where it is whole, and always as a decimal."""
    whole = None if amount is None or amount != amount.to_integral_value() else int(amount)
    return {name: whole, f"{name}_decimal": None if amount is None else format(amount, "f")}


def price_object(price: Price, currency: str) -> Json:
    """The price; one that only offers the currency as an option has other amounts of its own."""
    own = {
        "currency": currency,
        "tiers": [
            {"up_to": tier.up_to, **amounts("unit_amount", tier.unit), **amounts("flat_amount", tier.flat)}
            for tier in price.tiers
        ]
        or None,
        **amounts("unit_amount", price.unit),
    }
    if price.is_option:
        option = {name: value for name, value in own.items() if name != "currency"}
        tier = {"up_to": None, **amounts("unit_amount", DECOY), **amounts("flat_amount", None)}
        unit = None if price.tiers_mode else DECOY
        own = {
            "currency": OTHER_CURRENCY,
            "currency_options": {currency: option},
            "tiers": [tier] if price.tiers_mode else None,
            **amounts("unit_amount", unit),
        }
    packages = {"divide_by": price.divide_by, "round": "up" if price.round_up else "down"}
    return {
        "id": price.price_id,
        "object": "price",
        "active": True,
        "billing_scheme": "tiered" if price.tiers_mode else "per_unit",
        "created": CREATED,
        "custom_unit_amount": None,
        "livemode": True,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": price.product_id,
        "recurring": {
            "aggregate_usage": None,
            "interval": price.interval,
            "interval_count": price.interval_count,
            "meter": None if price.meter is None else f"mtr_{price.meter}",
            "usage_type": price.usage_type,
        },
        "tiers_mode": price.tiers_mode,
        "transform_quantity": packages if price.divide_by else None,
        "type": "recurring",
        **own,
    }


def coupon_object(discount: Discount, currency: str) -> Json:
    """The coupon; one that only offers the currency as an option has another amount of its own."""
    is_option = discount.is_option and discount.amount is not None
    return {
        "id": f"co_{discount.discount_id}",
        "object": "coupon",
        "amount_off": int(DECOY) if is_option else discount.amount,
        "applies_to": {"products": list(discount.products)} if discount.products else None,
        "created": CREATED,
        "currency": None if discount.amount is None else OTHER_CURRENCY if is_option else currency,
        **({"currency_options": {currency: {"amount_off": discount.amount}}} if is_option else {}),
        "duration": discount.duration,
        "duration_in_months": None,
        "livemode": True,
        "percent_off": None if discount.percent is None else float(discount.percent),
        "valid": True,
    }


def meter_object(meter: str, formula: str) -> Json:
    return {
        "id": f"mtr_{meter}",
        "object": "billing.meter",
        "created": CREATED,
        "customer_mapping": {"event_payload_key": "stripe_customer_id", "type": "by_id"},
        "default_aggregation": {"formula": formula},
        "display_name": meter,
        "event_name": meter,
        "livemode": True,
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": CREATED,
        "value_settings": {"event_payload_key": "value"},
    }


def customer_object(history: History) -> Json:
    return {
        "id": history.customer_id,
        "object": "customer",
        "balance": 0,
        "created": CREATED,
        "currency": history.currency,
        "delinquent": False,
        "email": None,
        "livemode": True,
        "metadata": {},
        "name": history.customer_id,
    }


def discount_object(history: History, discount: Discount) -> Json:
    return {
        "id": discount.discount_id,
        "object": "discount",
        "customer": history.customer_id,
        "end": discount.end,
        "invoice": None,
        "source": {"coupon": f"co_{discount.discount_id}", "type": "coupon"},
        "start": discount.start,
        "subscription": history.subscription_id,
    }


def item_object(history: History, item: Item) -> Json:
    shape = {
        "id": item.item_id,
        "object": "subscription_item",
        "created": item.created,
        "discounts": [],
        "metadata": {},
        "price": price_object(item.price, history.currency),
        "subscription": history.subscription_id,
    }
    return shape if item.quantity is None else {**shape, "quantity": item.quantity}


def subscription_object(history: History, state: State, is_ended: bool) -> Json:
    is_trial = history.trial_end is not None and state.at < history.trial_end
    proration = history.end_proration if is_ended else state.proration
    first = history.states[0]
    return {
        "id": history.subscription_id,
        "object": "subscription",
        "billing_cycle_anchor": state.anchor,
        "billing_mode": {"type": history.billing_mode},
        "cancel_at": None,
        "cancel_at_period_end": history.is_cancel_at_period_end and is_ended,
        "canceled_at": history.ended if is_ended else None,
        "collection_method": history.collection_method,
        "created": first.at,
        "currency": history.currency,
        "customer": history.customer_id,
        "days_until_due": None,
        "discounts": [discount_object(history, one) for one in state.discounts],
        "ended_at": history.ended if is_ended else None,
        "items": {
            "object": "list",
            "data": [item_object(history, item) for item in state.items],
            "has_more": False,
        },
        "latest_invoice": None,
        "livemode": True,
        "metadata": {"proration_behavior": proration},
        "pause_collection": None,
        "start_date": first.at,
        "status": "canceled" if is_ended else "trialing" if is_trial else "active",
        "trial_end": history.trial_end,
        "trial_start": None if history.trial_end is None else first.at,
    }


def event_object(event_id: str, kind: str, at: int, subscription: Json) -> Json:
    return {
        "id": event_id,
        "object": "event",
        "api_version": "2025-09-30.clover",
        "created": at,
        "data": {"object": subscription},
        "livemode": True,
        "type": f"customer.subscription.{kind}",
    }


def subscription_events(history: History, as_of: int) -> list[Json]:
    """Created, updated at every change and at the trial's end, deleted."""
    name = history.subscription_id
    events = []
    for number, state in enumerate(history.states):
        if state.at <= as_of and (history.ended is None or state.at < history.ended):
            kind = "updated" if number else "created"
            shape = subscription_object(history, state, is_ended=False)
            events.append(event_object(f"evt_{name}_{number}", kind, state.at, shape))
    last = history.states[-1]
    if history.ended is not None and history.ended <= as_of:
        shape = subscription_object(history, last, is_ended=True)
        events.append(event_object(f"evt_{name}_end", "deleted", history.ended, shape))
    return events


def invoice_object(history: History, invoice: Invoice, as_of: int) -> Json:
    reasons = {"create": "subscription_create", "cycle": "subscription_cycle", "update": "subscription_update"}
    is_at_once = invoice.reason == "cancel" and not history.is_cancel_at_period_end
    reason = "subscription_update" if is_at_once else reasons.get(invoice.reason, "subscription_cycle")
    is_final = invoice.finalized <= as_of
    number = invoice.number
    settlement = invoice.settlement
    due = 0 if settlement is None else settlement.due
    return {
        "id": invoice_id(history, number),
        "object": "invoice",
        "amount_due": due,
        "amount_paid": 0,
        "amount_remaining": due,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "billing_reason": reason,
        "collection_method": history.collection_method,
        "created": invoice.created,
        "currency": history.currency,
        "customer": history.customer_id,
        "discounts": [],
        "due_date": None,
        "ending_balance": 0 if settlement is None else settlement.balance_after,
        "lines": {"object": "list", "data": [], "has_more": False},
        "livemode": True,
        "metadata": {},
        "number": None,
        "parent": {
            "type": "subscription_details",
            "subscription_details": {"metadata": {}, "subscription": history.subscription_id},
        },
        "period_end": invoice.period_end,
        "period_start": invoice.period_start,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0 if settlement is None else settlement.balance_before,
        "status": "open" if is_final else "draft",
        "status_transitions": {
            "finalized_at": invoice.finalized if is_final else None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": invoice.subtotal,
        "total": invoice.total,
        "total_discount_amounts": [],
        "total_excluding_tax": invoice.total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }


def usage_records(history: History) -> list[Json]:
    return [
        {
            "id": event.event_id,
            "customer": history.customer_id,
            "meter": event.meter,
            "value": format(event.value, "f"),
            "timestamp": event.at,
            "received_at": event.received,
            "properties": {},
        }
        for event in history.usage
    ]

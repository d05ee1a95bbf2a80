"""What an object calls for next: further reading that no list of its own type would give.

A follow-up is (kind, key, due): kinds are those of ``types.FOLLOW_UPS``, due is an instant in Unix seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from tieout.sources.sync.types import BY_OBJECT, Json

FollowUp = tuple[str, str, int]

# An event about one object changes others too: a refund its charge, a credit note its invoice. Their own events say
# so as well, but events may be filtered by the key's permissions or come late.
_RELATED: Final[dict[str, tuple[str, ...]]] = {
    "refund": ("charge", "payment_intent"),
    "dispute": ("charge",),
    "charge": ("payment_intent", "invoice"),
    "payment_intent": ("invoice",),
    "credit_note": ("invoice", "customer"),
    "invoice_payment": ("invoice",),
    "discount": ("customer", "subscription", "invoice"),
}


def id_of(value: Any) -> str | None:
    """The id behind a field that is an id or an expanded object."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def _rows(container: Any) -> list[Json]:
    """The objects of an embedded list."""
    data = container.get("data") if isinstance(container, dict) else None
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []


def _read_again(obj: Json) -> Iterator[FollowUp]:
    kind, object_id = obj.get("object"), id_of(obj)
    if kind in BY_OBJECT and kind not in ("event", "balance_transaction") and object_id:
        yield "object", f"{kind}|{object_id}", 0
    for field in _RELATED.get(str(kind), ()):
        related = id_of(obj.get(field))
        if related:
            yield "object", f"{field}|{related}", 0
    grant = id_of(obj.get("credit_grant")) if kind == "billing.credit_balance_transaction" else None
    if grant:
        yield "grant", grant, 0


def _event(event: Json) -> Iterator[FollowUp]:
    data = event.get("data")
    obj = data.get("object") if isinstance(data, dict) else None
    if not isinstance(obj, dict):
        return
    yield from _read_again(obj)
    before = data.get("previous_attributes") if isinstance(data, dict) else None
    customer = id_of(obj)
    if obj.get("object") == "customer" and isinstance(before, dict) and "balance" in before and customer:
        yield "balance", customer, 0


def _prices(rows: Iterable[Json]) -> Iterator[FollowUp]:
    """Inline prices (made with ``price_data``) are in no list: each price that a line names is looked up once."""
    for row in rows:
        pricing = row.get("pricing")
        details = pricing.get("price_details") if isinstance(pricing, dict) else None
        named = details.get("price") if isinstance(details, dict) else None
        price = id_of(row.get("price")) or id_of(named)
        if price:
            yield "named_price", price, 0


def _invoice(invoice: Json) -> Iterator[FollowUp]:
    customer, invoice_id = id_of(invoice.get("customer")), id_of(invoice)
    lines = invoice.get("lines")
    if invoice_id and isinstance(lines, dict) and lines.get("has_more"):
        yield "lines", invoice_id, 0
    if customer and (invoice.get("starting_balance") or invoice.get("ending_balance")):
        yield "balance", customer, 0
    amounts = invoice.get("total_pretax_credit_amounts") or []
    if customer and any(isinstance(row, dict) and row.get("type") == "credit_balance_transaction" for row in amounts):
        yield "credits", customer, 0
    yield from _prices(_rows(lines))


def _credit_grant(grant: Json) -> Iterator[FollowUp]:
    customer, grant_id, expires_at = id_of(grant.get("customer")), id_of(grant), grant.get("expires_at")
    if customer:
        yield "credits", customer, 0
        if isinstance(expires_at, int) and grant_id:
            yield "grant", grant_id, expires_at + 3_600


def _payout(payout: Json) -> Iterator[FollowUp]:
    payout_id = id_of(payout)
    if payout_id and payout.get("automatic") is True and payout.get("status") not in ("failed", "canceled"):
        yield "payout", payout_id, 0


def follow_ups(obj: Json) -> list[FollowUp]:
    """What a new or changed object calls for."""
    customer = id_of(obj.get("customer"))
    match obj.get("object"):
        case "event":
            return list(_event(obj))
        case "customer" if obj.get("balance"):
            return [("balance", str(obj["id"]), 0)]
        case "subscription":
            return list(_prices(_rows(obj.get("items"))))
        case "invoiceitem":
            return list(_prices([obj]))
        case "invoice":
            return list(_invoice(obj))
        case "credit_note" if obj.get("customer_balance_transaction") and customer:
            return [("balance", customer, 0)]
        case "billing.credit_grant":
            return list(_credit_grant(obj))
        case "payout":
            return list(_payout(obj))
    return []


def metered_items(subscription: Json) -> list[tuple[str, str, int]]:
    """(meter, unit, count) of the items of one subscription version that bill a meter."""
    found = []
    for item in _rows(subscription.get("items")):
        price = item.get("price")
        recurring = price.get("recurring") if isinstance(price, dict) else None
        meter = id_of(recurring.get("meter")) if isinstance(recurring, dict) else None
        if isinstance(recurring, dict) and meter:
            found.append((meter, str(recurring.get("interval")), int(recurring.get("interval_count") or 1)))
    return found


def subscription_span(subscription: Json) -> tuple[int, int, int | None] | None:
    """(started, anchor, ended) in Unix seconds, or None when the object does not say."""
    started = subscription.get("start_date") or subscription.get("created")
    anchor = subscription.get("billing_cycle_anchor") or started
    ended = subscription.get("ended_at")
    if not isinstance(started, int) or not isinstance(anchor, int):
        return None
    return started, anchor, ended if isinstance(ended, int) else None

"""What is read from Stripe: every listed object type with its address, filters, expansions and the permission it takes.

Addresses and filters are those of API version ``2026-10-28.endive``. A list has no "updated since"; so each type says
when an object of it is still *open*, that is, may change without an event telling so, or before its event has come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]


def _never(_: Json) -> bool:
    return False


def _status_not_in(*final: str) -> Callable[[Json], bool]:
    return lambda o: o.get("status") not in final


def _charge_is_open(o: Json) -> bool:
    return o.get("status") == "pending" or (o.get("status") == "succeeded" and o.get("captured") is False)


def payout_is_settled(o: Json) -> bool:
    """Whether Stripe has stated which transactions an automatic payout paid out (older objects do not say)."""
    reconciliation = o.get("reconciliation_status")
    return o.get("status") == "paid" if reconciliation is None else reconciliation == "completed"


def _payout_is_open(o: Json) -> bool:
    return o.get("status") in ("pending", "in_transit") or (
        o.get("automatic") is True and o.get("reconciliation_status") == "in_progress"
    )


@dataclass(frozen=True)
class ListedType:
    """One object type that has a list of its own.

    ``variants`` are filters that together give every object (one listing each). ``drain_before`` names follow-up
    kinds to be done before this type is listed. ``permission`` is the name on the restricted key's page.
    """

    object: str
    path: str
    permission: str
    expand: tuple[str, ...] = ()
    variants: tuple[Mapping[str, Any], ...] = ({},)
    has_created_filter: bool = True
    is_open: Callable[[Json], bool] = _never
    drain_before: tuple[str, ...] = ()

    def retrieve_path(self, object_id: str) -> str:
        return f"{self.path}/{object_id}"


# Stripe allows four levels in an expand; deeper coupons (of a line's discount) come with the coupons' own list.
_DISCOUNTS: Final = ("discounts", "discounts.source.coupon")

# Events come first: what changes after they were read is told by an event of the next sync. Payouts come before
# balance transactions, since a transaction's payout is known only from the payout's own list of transactions.
LISTED_TYPES: Final[tuple[ListedType, ...]] = (
    ListedType("event", "/v1/events", "Events: Read"),
    ListedType("product", "/v1/products", "Products: Read"),
    # "Returns a list of your active prices […] For the list of inactive prices, set active to false."
    ListedType(
        "price",
        "/v1/prices",
        "Prices: Read",
        expand=("tiers", "currency_options"),
        variants=({"active": True}, {"active": False}),
    ),
    ListedType("coupon", "/v1/coupons", "Coupons: Read", expand=("applies_to", "currency_options")),
    ListedType("billing.meter", "/v1/billing/meters", "Billing meters: Read", has_created_filter=False),
    ListedType("customer", "/v1/customers", "Customers: Read", expand=("discount.source.coupon",)),
    ListedType(
        "subscription",
        "/v1/subscriptions",
        "Subscriptions: Read",
        expand=(*_DISCOUNTS, "items.data.discounts"),
        variants=({"status": "all"},),
        is_open=_status_not_in("canceled", "incomplete_expired"),
    ),
    ListedType(
        "invoiceitem",
        "/v1/invoiceitems",
        "Invoices: Read",
        expand=_DISCOUNTS,
        is_open=lambda o: o.get("invoice") is None,
    ),
    ListedType(
        "invoice",
        "/v1/invoices",
        "Invoices: Read",
        expand=(*_DISCOUNTS, "lines.data.discounts"),
        is_open=lambda o: o.get("status") in ("draft", "open"),
    ),
    ListedType("invoice_payment", "/v1/invoice_payments", "Invoices: Read", is_open=_status_not_in("paid", "canceled")),
    ListedType("credit_note", "/v1/credit_notes", "Credit notes: Read"),
    ListedType(
        "payment_intent",
        "/v1/payment_intents",
        "PaymentIntents: Read",
        is_open=_status_not_in("succeeded", "canceled"),
    ),
    ListedType("charge", "/v1/charges", "Charges and Refunds: Read", is_open=_charge_is_open),
    ListedType(
        "refund",
        "/v1/refunds",
        "Charges and Refunds: Read",
        is_open=lambda o: o.get("status") in ("pending", "requires_action"),
    ),
    ListedType(
        "dispute",
        "/v1/disputes",
        "Disputes: Read",
        is_open=_status_not_in("won", "lost", "warning_closed", "prevented"),
    ),
    ListedType("billing.credit_grant", "/v1/billing/credit_grants", "Credit grants: Read", has_created_filter=False),
    ListedType("payout", "/v1/payouts", "Payouts: Read", is_open=_payout_is_open),
    ListedType(
        "balance_transaction",
        "/v1/balance_transactions",
        "Balance transaction sources: Read",
        is_open=lambda o: o.get("status") == "pending",
        drain_before=("payout",),
    ),
)
BY_OBJECT: Final[dict[str, ListedType]] = {listed.object: listed for listed in LISTED_TYPES}

# Follow-up kind → what it reads and the permission it takes; the key is an id, or ids joined by "|". "object" is an
# object of a listed type that an event has named (or that is open and older than the listing's window), "named_price"
# one that a line names and no list holds.
FOLLOW_UPS: Final[dict[str, tuple[str, str]]] = {
    "object": ("single objects", ""),
    "named_price": ("prices that lines name", "Prices: Read"),
    "payout": ("transactions of a payout", "Balance transaction sources: Read"),
    "lines": ("lines of long invoices", "Invoices: Read"),
    "balance": ("balance transactions of a customer", "Customers: Read"),
    "credits": ("credit balance transactions of a customer", "Credit grants: Read"),
    "grant": ("credit balance transactions of an expired grant", "Credit grants: Read"),
    "summary": ("meter event summaries", "Billing meters: Read"),
}


def kind_in_words(kind: str) -> str:
    """A type or a kind of follow-up in words for people."""
    return FOLLOW_UPS[kind][0] if kind in FOLLOW_UPS else kind


# Fields that differ from one answer to the next although nothing happened: links with an expiring token, delivery
# counters. They are landed as they come, but alone they do not make an object a changed one.
VOLATILE_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "invoice": ("hosted_invoice_url", "invoice_pdf", "webhooks_delivered_at"),
    "charge": ("receipt_url",),
    "credit_note": ("pdf",),
    "event": ("pending_webhooks",),
    "payment_intent": ("client_secret",),
    "billing.meter_event_summary": ("id",),
}

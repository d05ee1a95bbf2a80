"""What Stripe answers to a GET: lists with their filters and cursors, single objects, refusals. Knows no HTTP.

As strict as Stripe: a filter or an expansion that a list does not have is refused with 400, and so is a meter window
that is not aligned to minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.stripe_server.account import Account, Json, created_of, shown

# path of a list → (type, has a created filter, further filters)
LISTS: dict[str, tuple[str, bool, tuple[str, ...]]] = {
    "/v1/events": ("event", True, ("type",)),
    "/v1/products": ("product", True, ("active",)),
    "/v1/prices": ("price", True, ("active", "product")),
    "/v1/coupons": ("coupon", True, ()),
    "/v1/billing/meters": ("billing.meter", False, ("status",)),
    "/v1/customers": ("customer", True, ("email",)),
    "/v1/subscriptions": ("subscription", True, ("status", "customer")),
    "/v1/invoiceitems": ("invoiceitem", True, ("customer", "invoice", "pending")),
    "/v1/invoices": ("invoice", True, ("status", "customer", "subscription")),
    "/v1/invoice_payments": ("invoice_payment", True, ("status", "invoice")),
    "/v1/credit_notes": ("credit_note", True, ("customer", "invoice")),
    "/v1/payment_intents": ("payment_intent", True, ("customer",)),
    "/v1/charges": ("charge", True, ("customer", "payment_intent")),
    "/v1/refunds": ("refund", True, ("charge", "payment_intent")),
    "/v1/disputes": ("dispute", True, ("charge", "payment_intent")),
    "/v1/billing/credit_grants": ("billing.credit_grant", False, ("customer",)),
    "/v1/billing/credit_balance_transactions": (
        "billing.credit_balance_transaction",
        False,
        ("customer", "credit_grant"),
    ),
    "/v1/payouts": ("payout", True, ("status",)),
    "/v1/balance_transactions": ("balance_transaction", True, ("payout", "type", "source")),
}
PAGING = ("limit", "starting_after", "ending_before", "expand")
PERMISSION = {"invoiceitem": "invoice", "balance_transaction": "balance_transaction_source"}


@dataclass(frozen=True)
class Answer:
    status: int
    body: Json


def refusal(status: int, message: str, **more: Any) -> Answer:
    return Answer(status, {"error": {"type": "invalid_request_error", "message": message, **more}})


def forbidden(kind: str) -> Answer:
    name = PERMISSION.get(kind, kind.replace(".", "_"))
    return refusal(
        403,
        "The provided key does not have the required permissions for this endpoint. "
        f"Having the 'rak_{name}_read' permission would allow this request to continue.",
        code="more_permissions_required",
    )


class Answers:
    """Answers for one account. ``forbidden``: types that the key may not read."""

    def __init__(self, account: Account, forbidden_types: set[str]) -> None:
        self.account = account
        self.forbidden = forbidden_types
        self.broken: set[str] = set()

    def to(self, path: str, params: Json) -> Answer:
        if path in self.broken:
            return refusal(400, "This account cannot do that.")
        if path in LISTS:
            return self._list(path, params)
        parts = path.split("/")
        match parts[2:]:
            case ["invoices", invoice, "lines"]:
                return self._lines(invoice, params, path)
            case ["customers", customer, "balance_transactions"]:
                if "customer" in self.forbidden:
                    return forbidden("customer")
                rows = [o for o in self.account.of_type("customer_balance_transaction") if o["customer"] == customer]
                return self._page(rows, params, path, ("created", "invoice"))
            case ["billing", "meters", meter, "event_summaries"]:
                return self._summaries(meter, params, path)
        folder, _, object_id = path.rpartition("/")
        if folder in LISTS:
            return self._single(LISTS[folder][0], object_id, params)
        return refusal(404, f"Unrecognized request URL (GET: {path}).")

    def _single(self, kind: str, object_id: str, params: Json) -> Answer:
        if kind in self.forbidden:
            return forbidden(kind)
        obj = self.account.get(kind, object_id)
        if obj is None:
            return refusal(404, f"No such {kind}: '{object_id}'", code="resource_missing", param="id")
        if set(params) - {"expand"}:
            return refusal(400, f"Received unknown parameter: {sorted(set(params) - {'expand'})[0]}")
        try:
            return Answer(200, shown(obj, params.get("expand", [])))
        except KeyError as path:
            return refusal(400, f"This property cannot be expanded ({path}).")

    def _list(self, path: str, params: Json) -> Answer:
        kind, has_created, filters = LISTS[path]
        if kind in self.forbidden:
            return forbidden(kind)
        rows = self.account.of_type(kind)
        # What Stripe's lists leave out unless asked for.
        if kind == "price":
            params = {"active": "true", **params}
        if kind == "subscription" and params.get("status") in (None, "all"):
            rows = [o for o in rows if params.get("status") == "all" or o["status"] != "canceled"]
            params = {key: value for key, value in params.items() if key != "status"}
        if kind == "balance_transaction" and "payout" in params:
            payout = self.account.get("payout", params["payout"])
            if payout is None or not payout["automatic"]:
                return refusal(400, "Balance history can only be filtered on automatic transfers, not manual.")
        if kind == "billing.credit_balance_transaction":
            if "customer" not in params:
                return refusal(400, "Missing required param: customer.", param="customer")
            grants = {
                o["id"] for o in self.account.of_type("billing.credit_grant") if o["customer"] == params["customer"]
            }
            rows = [o for o in rows if o["credit_grant"] in grants]
            params = {key: value for key, value in params.items() if key != "customer"}
        return self._page(rows, params, path, (*filters, *(["created"] if has_created else [])))

    def _lines(self, invoice_id: str, params: Json, path: str) -> Answer:
        if "invoice" in self.forbidden:
            return forbidden("invoice")
        invoice = self.account.get("invoice", invoice_id)
        if invoice is None:
            return refusal(404, f"No such invoice: '{invoice_id}'", code="resource_missing", param="id")
        return self._page(invoice["lines"]["data"], params, path, (), in_order=True)

    def _summaries(self, meter: str, params: Json, path: str) -> Answer:
        """The folder's own windows that overlap the asked one: a folder may hold days where one period is asked for."""
        if "billing.meter" in self.forbidden or "billing.meter_event_summary" in self.forbidden:
            return forbidden("billing.meter")
        missing = [name for name in ("customer", "start_time", "end_time") if name not in params]
        if missing:
            return refusal(400, f"Missing required param: {missing[0]}.", param=missing[0])
        start, end = int(params.pop("start_time")), int(params.pop("end_time"))
        if start % 60 or end % 60 or start >= end:
            return refusal(400, "start_time and end_time must be aligned with minute boundaries.")
        customer = params.pop("customer")
        rows = [
            o
            for o in self.account.of_type("billing.meter_event_summary")
            if (o["customer"], o["meter"]) == (customer, meter) and o["start_time"] < end and o["end_time"] > start
        ]
        return self._page(rows, params, path, ("value_grouping_window",))

    def _page(
        self, rows: list[Json], params: Json, path: str, filters: tuple[str, ...], *, in_order: bool = False
    ) -> Answer:
        for name, value in params.items():
            if name not in (*PAGING, *filters):
                return refusal(400, f"Received unknown parameter: {name}", param=name)
            if name == "created":
                rows = [o for o in rows if all(_HOLDS[op](created_of(o), int(bound)) for op, bound in value.items())]
            elif name in filters:
                rows = [o for o in rows if str(o.get(name)).lower() == str(value).lower()]
        # Stripe lists newest first; objects of one second keep an order of their own.
        if not in_order:
            rows = sorted(rows, key=lambda o: (-created_of(o), o["id"]))
        after = params.get("starting_after")
        if after is not None:
            at = next((i for i, o in enumerate(rows) if o["id"] == after), None)
            if at is None:
                return refusal(404, f"No such object: '{after}'", code="resource_missing", param="starting_after")
            rows = rows[at + 1 :]
        limit = int(params.get("limit", 10))
        if not 1 <= limit <= 100:
            return refusal(400, "Invalid integer: limit must be between 1 and 100.", param="limit")
        expand = params.get("expand", [])
        if any(not path.startswith("data.") for path in expand):
            return refusal(400, "This property cannot be expanded; you may want to try expanding 'data.…' instead.")
        try:
            data = [shown(o, [path.removeprefix("data.") for path in expand]) for o in rows[:limit]]
        except KeyError as unknown:
            return refusal(400, f"This property cannot be expanded ({unknown}).")
        return Answer(200, {"object": "list", "data": data, "has_more": len(rows) > limit, "url": path})


_HOLDS: dict[str, Callable[[int, int], bool]] = {
    "gte": lambda at, bound: at >= bound,
    "gt": lambda at, bound: at > bound,
    "lte": lambda at, bound: at <= bound,
    "lt": lambda at, bound: at < bound,
}

"""A Stripe account made of a landing folder: its objects, the newest version of each, and how an answer shows them.

Shows what Stripe shows: `tiers` and `currency_options` of a price and `applies_to` of a coupon only when expanded, a
discount as its id, its coupon as its id, the first ten lines of an invoice; never the two keys that the landing area
adds (a transaction's `payout`, a meter summary's `customer`), which are filters there.
"""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Json = dict[str, Any]

LINES_SHOWN = 10

# Expandable paths by type: "hidden" ones are absent, "id" ones are ids, unless expanded.
EXPANDABLE: dict[str, dict[str, str]] = {
    "price": {"tiers": "hidden", "currency_options": "hidden", "product": "id"},
    "coupon": {"applies_to": "hidden", "currency_options": "hidden"},
    "customer": {"discount.source.coupon": "id"},
    "subscription": {"discounts.source.coupon": "id", "discounts": "id", "items.data.discounts": "id"},
    "invoiceitem": {"discounts.source.coupon": "id", "discounts": "id"},
    "invoice": {"discounts.source.coupon": "id", "discounts": "id", "lines.data.discounts": "id"},
    "line_item": {"discounts": "id"},
}
_STATUS_RANK = {"draft": 0, "open": 1, "uncollectible": 2, "paid": 3, "void": 3}


def objects_in(landing: Path) -> Iterable[Json]:
    """Every Stripe object of a landing folder, file by file in the order of their paths."""
    for path in sorted((landing / "stripe").rglob("*")):
        if not path.is_file():
            continue
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for line in data.split(b"\n"):
            if line.strip():
                yield json.loads(line)


def key_of(obj: Json) -> str:
    """What makes two objects of a type the same one."""
    if obj["object"] == "billing.meter_event_summary":
        return "|".join(str(obj[key]) for key in ("customer", "meter", "start_time", "end_time"))
    return str(obj["id"])


def _newness(obj: Json) -> tuple[int, int]:
    """Greater for the newer of two versions: a further status, more of what only grows, a payout that is known."""
    grown = ("amount_paid", "amount_refunded", "post_payment_credit_notes_amount", "attempt_count")
    growth = sum(int(obj.get(key) or 0) for key in grown) + bool(obj.get("payout"))
    return _STATUS_RANK.get(str(obj.get("status")), 0), growth


def newest_objects(landing: Path) -> dict[str, dict[str, Json]]:
    """type → key → the newest version."""
    found: dict[str, dict[str, Json]] = {}
    for obj in objects_in(landing):
        of_type = found.setdefault(obj["object"], {})
        before = of_type.get(key_of(obj))
        if before is None or _newness(obj) > _newness(before):
            of_type[key_of(obj)] = obj
    return found


def created_of(obj: Json) -> int:
    return int(obj.get("created") or obj.get("date") or obj.get("start_time") or 0)


def _holders(obj: Any, path: list[str]) -> Iterable[tuple[Json, str]]:
    """(container, last key) of every place that a dotted path leads to."""
    if isinstance(obj, list):
        for element in obj:
            yield from _holders(element, path)
    elif isinstance(obj, dict) and len(path) == 1:
        yield obj, path[0]
    elif isinstance(obj, dict):
        yield from _holders(obj.get(path[0]), path[1:])


def _as_id(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_id(element) for element in value]
    return value["id"] if isinstance(value, dict) and "id" in value else value


def shown(obj: Json, expand: Iterable[str]) -> Json:
    """The object as an answer shows it with these paths expanded. Raises KeyError for a path that has no expansion."""
    answer = copy.deepcopy(obj)
    expandable = EXPANDABLE.get(obj["object"], {})
    wanted = set()
    for path in expand:
        if path not in expandable or len(path.split(".")) > 4:
            raise KeyError(path)
        parts = path.split(".")
        wanted |= {".".join(parts[: n + 1]) for n in range(len(parts))}
    for path, form in sorted(expandable.items(), key=lambda row: -len(row[0])):
        if path in wanted:
            continue
        for holder, key in _holders(answer, path.split(".")):
            if form == "hidden":
                holder.pop(key, None)
            elif key in holder:
                holder[key] = _as_id(holder[key])
    if answer["object"] == "billing.meter_event_summary":
        answer.pop("customer", None)
    for transaction in [answer, *(answer.get("balance_transactions") or [])]:
        if isinstance(transaction, dict) and transaction.get("object") == "balance_transaction":
            transaction.pop("payout", None)
    lines = answer.get("lines")
    if answer["object"] == "invoice" and len(lines["data"]) > LINES_SHOWN:
        lines["data"] = lines["data"][:LINES_SHOWN]
        lines["has_more"] = True
    return answer


class Account:
    """The objects behind a test server; tests change them as people at Stripe would."""

    def __init__(self, landing: Path) -> None:
        self.objects = newest_objects(landing)
        self._hidden: set[tuple[str, str]] = set()
        for line in self.objects.pop("line_item", {}).values():
            invoice = self.objects["invoice"][line["invoice"]]
            if line["id"] not in {known["id"] for known in invoice["lines"]["data"]}:
                invoice["lines"]["data"].append(line)
            invoice["lines"]["has_more"] = False

    def of_type(self, kind: str) -> list[Json]:
        """What the lists of a type hold."""
        return [obj for key, obj in self.objects.get(kind, {}).items() if (kind, key) not in self._hidden]

    def hide(self, kind: str, object_id: str) -> None:
        """The object is there, but in no list (as an inline price is)."""
        self._hidden.add((kind, object_id))

    def get(self, kind: str, object_id: str) -> Json | None:
        return self.objects.get(kind, {}).get(object_id)

    def put(self, obj: Json) -> None:
        self.objects.setdefault(obj["object"], {})[key_of(obj)] = obj

    def remove(self, kind: str, object_id: str) -> None:
        del self.objects[kind][object_id]

    def change(self, kind: str, object_id: str, at: int, event_type: str | None = None, **fields: Any) -> Json:
        """Changes fields of an object at an instant; with ``event_type`` Stripe sends an event of it."""
        before = self.objects[kind][object_id]
        obj = {**before, **fields}
        self.put(obj)
        if event_type is not None:
            self.put(
                {
                    "id": f"evt_test_{kind}_{object_id}_{at}",
                    "object": "event",
                    "api_version": "2026-10-28.endive",
                    "created": at,
                    "data": {"object": obj, "previous_attributes": {key: before.get(key) for key in fields}},
                    "livemode": obj.get("livemode", True),
                    "pending_webhooks": 0,
                    "type": event_type,
                }
            )
        return obj

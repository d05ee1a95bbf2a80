"""Deferred revenue, prepaid credits, tax payable and unbilled receivable in plain Python, straight from landed files.

Shares nothing with the SQL: it reads the files, takes the most final version of each object, and counts with integers
and fractions. Sums are per currency, debit above zero.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.reference.arithmetic import round_half_away, step

FINALITY = {"draft": 0, "open": 1, "uncollectible": 2, "paid": 3, "void": 3}
Object = dict[str, Any]
Balances = dict[str, int]


def landed_objects(landing: Path) -> Iterator[Object]:
    for path in sorted((landing / "stripe").rglob("*.jsonl*")):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for line in content.splitlines():
            found = json.loads(line)
            if found["object"] != "event":
                yield found


class Books:
    """The objects of a landing area, by type and id."""

    def __init__(self, landing: Path, as_of: str) -> None:
        self.landing = landing
        self.as_of = int(datetime.fromisoformat(as_of).timestamp())
        self.by_type: dict[str, dict[str, Object]] = {}
        for found in landed_objects(landing):
            known = self.by_type.setdefault(found["object"], {})
            before = known.get(found["id"])
            if before is None or self._finality(found) > self._finality(before):
                known[found["id"]] = found

    @staticmethod
    def _finality(found: Object) -> tuple[int, int]:
        return FINALITY.get(found.get("status", ""), 0), found.get("amount_paid") or 0

    def all(self, object_type: str) -> list[Object]:
        return list(self.by_type.get(object_type, {}).values())

    def owed_invoices(self) -> list[Object]:
        return [i for i in self.all("invoice") if i["status"] in ("open", "paid", "uncollectible")]

    def is_licensed(self, line: Object) -> bool:
        price = (line.get("pricing") or {}).get("price_details", {}).get("price") or (line.get("price") or {}).get("id")
        known = self.by_type["price"].get(price)
        return known is not None and known["recurring"]["usage_type"] == "licensed"

    def deferred_revenue(self) -> Balances:
        """What was charged in advance, less discounts, for the time that is still ahead."""
        ahead: Counter[str] = Counter()
        for invoice in self.owed_invoices():
            for line in invoice["lines"]["data"]:
                start, end = line["period"]["start"], line["period"]["end"]
                if (
                    not self.is_licensed(line)
                    or not start < end
                    or end <= invoice["status_transitions"]["finalized_at"]
                ):
                    continue
                passed = Fraction(max(min(self.as_of, end) - start, 0), end - start)
                discount = sum(d["amount"] for d in line["discount_amounts"])
                for amount, side in ((line["amount"], -1), (discount, 1)):
                    ahead[invoice["currency"]] += side * (amount - int(amount * passed))
        return {currency: amount for currency, amount in ahead.items() if amount}

    def tax_payable(self) -> Balances:
        """Tax on invoices that are owed or were paid, less tax given back by credit notes."""
        tax: Counter[str] = Counter()
        for invoice in self.owed_invoices():
            stated = invoice.get("total_taxes") or invoice.get("total_tax_amounts") or []
            tax[invoice["currency"]] -= sum(part["amount"] for part in stated)
        for note in self.all("credit_note"):
            if note["status"] != "void":
                tax[note["currency"]] += note["total"] - note["total_excluding_tax"]
        return {currency: amount for currency, amount in tax.items() if amount}

    def prepaid_credits(self) -> Balances:
        """Paid grants, less what was used, expired or taken back, plus what voided invoices gave back."""
        left: Counter[str] = Counter()
        grants = self.by_type.get("billing.credit_grant", {})
        for moved in self.all("billing.credit_balance_transaction"):
            if grants[moved["credit_grant"]]["category"] == "paid":
                money = (moved["credit"] or moved["debit"])["amount"]["monetary"]
                left[money["currency"]] -= money["value"] if moved["credit"] else -money["value"]
        return {currency: amount for currency, amount in left.items() if amount}

    def counting_usage(self) -> list[Object]:
        """Native events once each, without the voided ones; instants in Unix seconds."""
        events: dict[str, Object] = {}
        voided = set()
        for path in sorted((self.landing / "usage").rglob("*.jsonl")):
            for record in map(json.loads, path.read_text().splitlines()):
                if record.get("voids"):
                    voided.add(record["voids"])
                else:
                    events[record["id"]] = record | {"timestamp": _seconds(record["timestamp"])}
        return [event for event_id, event in events.items() if event_id not in voided]

    def unbilled_receivable(self) -> Balances:
        """Usage rated at its list price in periods whose invoice is not finalized, or that still run.

        For monthly per-unit prices on subscriptions that never changed, whose meters sum native events.
        """
        unbilled: Counter[str] = Counter()
        usage = self.counting_usage()
        for subscription in self.all("subscription"):
            closed = {
                invoice["period_end"]
                for invoice in self.all("invoice")
                if _subscription_id(invoice) == subscription["id"]
                and invoice["billing_reason"] == "subscription_cycle"
                and invoice["status"] != "draft"
            }
            for item in subscription["items"]["data"]:
                price = item["price"]
                if price["recurring"]["usage_type"] != "metered":
                    continue
                meter = self.by_type["billing.meter"][price["recurring"]["meter"]]["event_name"]
                number, anchor = 0, subscription["billing_cycle_anchor"]
                while (start := step(anchor, "month", number)) < self.as_of:
                    number += 1
                    end = step(anchor, "month", number)
                    used = sum(
                        Fraction(str(event["value"]))
                        for event in usage
                        if (event["customer"], event["meter"]) == (subscription["customer"], meter)
                        and start <= event["timestamp"] < end
                    )
                    if end not in closed:
                        amount = round_half_away(used * Fraction(price["unit_amount_decimal"]))
                        unbilled[subscription["currency"]] += amount
        return {currency: amount for currency, amount in unbilled.items() if amount}


def _subscription_id(invoice: Object) -> str:
    """Of an invoice in either shape of the API."""
    found: str = invoice.get("subscription") or invoice["parent"]["subscription_details"]["subscription"]
    return found


def _seconds(instant: Any) -> float:
    return instant if isinstance(instant, int) else datetime.fromisoformat(instant).astimezone(UTC).timestamp()

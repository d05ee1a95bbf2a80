"""What must come out: gathered while the world is made, written beside it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tieout.simulator.catalogue import plain
from tieout.simulator.invoices import Invoice
from tieout.simulator.people import Customer
from tieout.simulator.periods import iso
from tieout.simulator.terms import Grant

Json = dict[str, Any]


@dataclass
class Truth:
    """Rows of truth.json; see the worlds' own description for their meaning."""

    faults: list[Json] = field(default_factory=list)
    skipped: list[Json] = field(default_factory=list)
    expected_lines: list[Json] = field(default_factory=list)
    expected_invoices: list[Json] = field(default_factory=list)
    usage_daily: list[list[Any]] = field(default_factory=list)
    entitlements: list[Json] = field(default_factory=list)
    customers: list[Json] = field(default_factory=list)
    credit_grants: list[Json] = field(default_factory=list)
    quarantine: list[Json] = field(default_factory=list)
    stripe_balance: dict[str, int] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)

    def expect(self, invoice: Invoice, *, due_at: int, exists: bool, credited: int) -> None:
        """Note what this invoice must be, before any fault has touched it; ``credited``: what grants pay of it."""
        c, s = invoice.customer, invoice.subscription
        reason = "cancel" if invoice.is_final else invoice.billing_reason.removeprefix("subscription_")
        common = {
            "customer_id": c.customer_id,
            "subscription_id": s.subscription_id,
            "invoice_id": invoice.invoice_id if exists else None,
            "reason": reason,
            "due_at": iso(due_at),
        }
        groups: dict[tuple[str, str, int], list[Any]] = defaultdict(list)
        for line in invoice.lines:
            groups[line.price.price_id, line.kind, line.start].append(line)
        for (price_id, kind, _), lines in groups.items():
            self.expected_lines.append(
                {
                    **common,
                    "price_id": price_id or None,
                    "meter": lines[0].price.meter,
                    "kind": kind,
                    "period_start": iso(lines[0].start),
                    "period_end": iso(lines[0].end),
                    "quantity": plain(sum((line.quantity for line in lines), Decimal(0))),
                    "amount_minor": sum(line.amount for line in lines),
                    "currency": c.currency,
                    "contract_faulted": False,
                }
            )
        self.expected_invoices.append(
            {
                **common,
                "period_start": iso(invoice.period_start),
                "period_end": iso(invoice.period_end),
                "currency": c.currency,
                "subtotal_minor": invoice.subtotal,
                "discount_minor": invoice.discounted,
                "credit_grants_minor": credited,
                "total_excl_tax_minor": invoice.total_excl_tax - credited,
                "faulted": False,
            }
        )

    def expected_total(self, invoice: Invoice) -> int:
        """What the invoice must come to, before tax."""
        return next(
            int(row["total_excl_tax_minor"])
            for row in reversed(self.expected_invoices)
            if row["invoice_id"] == invoice.invoice_id
        )

    def fault(self, **fields: Any) -> None:
        """Note a planted fault."""
        self.faults.append(fields)

    def grant(self, customer: Customer, grant: Grant) -> None:
        """Note how a credit grant stands at the end."""
        self.credit_grants.append(
            {
                "credit_grant_id": grant.grant_id,
                "customer_id": customer.customer_id,
                "category": grant.category,
                "currency": customer.currency,
                "granted_minor": grant.amount,
                "applied_minor": grant.spent,
                "expired_minor": grant.expired,
                "voided_minor": 0,
                "available_minor": grant.left,
                "expires_at": None if grant.expires is None else iso(grant.expires),
            }
        )

    def mark_faulted(self, invoice: Invoice, *, is_missing: bool = False) -> None:
        """The invoice's totals are not what they should be; or there is no invoice at all."""
        for row in reversed(self.expected_invoices):
            if row["invoice_id"] == invoice.invoice_id:
                row["faulted"] = True
                if is_missing:
                    row |= {"invoice_id": None, "discount_minor": None, "credit_grants_minor": None}
                    row["total_excl_tax_minor"] = None
                break
        if is_missing:
            for line in reversed(self.expected_lines):
                if line["invoice_id"] == invoice.invoice_id:
                    line["invoice_id"] = None

    def write(self, folder: Path, *, seed: int, api: str, as_of: int, begin: int) -> None:
        """Write `truth.json` and, for people, `planted.json` with the faults alone."""
        per_kind = Counter(f["kind"] for f in self.faults)
        body = {
            "seed": seed,
            "api": api,
            "as_of": iso(as_of),
            "begin": iso(begin),
            "counts": {**self.counts, "faults": len(self.faults), "per_kind": dict(per_kind)},
            "faults": self.faults,
            "skipped_faults": self.skipped,
            "quarantine": self.quarantine,
            "stripe_balance": self.stripe_balance,
            "expected_lines": self.expected_lines,
            "expected_invoices": self.expected_invoices,
            "usage_daily": self.usage_daily,
            "entitlements": self.entitlements,
            "customers": self.customers,
            "credit_grants": self.credit_grants,
        }
        (folder / "truth.json").write_text(json.dumps(body))
        (folder / "planted.json").write_text(json.dumps(self.faults, indent=1) + "\n")

"""Faults of what comes off an invoice, and of its own sum: discounts, grants, balance, total, prorations."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tieout.simulator.catalogue import to_minor
from tieout.simulator.faults.base import CLEAR_OF_MINIMUM_MINOR, Plant, Reckoned, figures, register
from tieout.simulator.invoices import Invoice, Line
from tieout.simulator.people import Customer
from tieout.simulator.periods import DAY, midnight
from tieout.simulator.terms import COUPONS, OLD_COUPON, TermsMaker, without_change

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller


@register
class DiscountMismatch(Reckoned):
    kind = "discount_mismatch"
    variants = ("live_not_applied", "expired_applied", "half_of_it", "twice")
    claims = ("discount",)

    def prepare(self, customer: Customer, maker: TermsMaker) -> None:
        maker.give_discount(customer, OLD_COUPON if self.variant == "expired_applied" else COUPONS[0])

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        held = invoice.customer.terms.discount
        assert held is not None
        is_live = held.is_in_force(invoice.created)
        if is_live == (self.variant == "expired_applied"):
            return None
        ways = {"live_not_applied": "none", "expired_applied": "old", "half_of_it": "half", "twice": "twice"}
        invoice.ways.discount = ways[self.variant]
        invoice.ways.old_discount = held
        return {"invoice_id": invoice.invoice_id}

    def undo(self, invoice: Invoice) -> None:
        invoice.ways.discount = ""

    def reckon(self, invoice: Invoice, desk: Biller) -> None:
        self.fault(invoice, desk, **figures(*invoice.reckoned["discount"]))


@register
class CreditGrantMismatch(Reckoned):
    kind = "credit_grant_mismatch"
    variants = ("not_applied", "wrong_order", "partly_applied", "expired_used")
    claims = ("credits",)

    def prepare(self, customer: Customer, maker: TermsMaker) -> None:
        terms = customer.terms
        terms.grants.clear()
        maker.give_grants(customer, 2, dollars=(900, 1000))
        first, second = terms.grants
        for grant in terms.grants:
            grant.price_ids, grant.expires, grant.priority = (), None, 50
        first.category, second.category = "promotional", "paid"
        if self.variant == "expired_used":
            bounds = customer.subscription.bounds
            first.expires = second.expires = (bounds[0] + bounds[1]) // 2

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        if not any(line.kind == "usage" and line.amount > 2 for line in invoice.lines):
            return None
        invoice.ways.credits = self.variant
        return {"invoice_id": invoice.invoice_id}

    def undo(self, invoice: Invoice) -> None:
        invoice.ways.credits = ""

    def reckon(self, invoice: Invoice, desk: Biller) -> None:
        self.fault(invoice, desk, **figures(*invoice.reckoned["credits"]))


@register
class BalanceMismatch(Reckoned):
    kind = "balance_mismatch"
    variants = ("not_applied", "over_applied", "partly_applied", "applied_twice", "wrong_sign", "overlooked")
    claims = ("balance",)

    def prepare(self, customer: Customer, maker: TermsMaker) -> None:
        customer.terms.goodwill.clear()
        for period in range(len(customer.subscription.bounds) - 1):
            maker.give_goodwill(customer, period)

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        period = range(invoice.period_start, invoice.period_end)
        given = sum(amount for at, amount in invoice.customer.terms.goodwill if at in period)
        if not given or invoice.total + 2 * given < CLEAR_OF_MINIMUM_MINOR:
            return None
        invoice.ways.balance = self.variant
        return {"invoice_id": invoice.invoice_id}

    def undo(self, invoice: Invoice) -> None:
        invoice.ways.balance = ""

    def reckon(self, invoice: Invoice, desk: Biller) -> None:
        self.fault(invoice, desk, **figures(*invoice.reckoned["balance"]))


@register
class TotalMismatch(Reckoned):
    kind = "total_mismatch"
    variants = ("off_by_one", "line_left_out", "line_twice", "total_only")
    claims = ("total",)

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        costly = [line for line in invoice.lines if line.amount > 0]
        if not costly:
            return None
        ways, self._line = invoice.ways, costly[int(self.rng.integers(0, len(costly)))]
        amount = self._line.amount
        shifts = {"off_by_one": 1, "line_left_out": -amount, "line_twice": amount, "total_only": -(amount // 2 + 1)}
        if self.variant == "line_left_out" and invoice.subtotal - amount < 500:
            return None
        ways.misstated = shifts[self.variant]
        ways.misstates_subtotal = self.variant.startswith("line")
        return {"invoice_id": invoice.invoice_id}

    def undo(self, invoice: Invoice) -> None:
        invoice.ways.misstated, invoice.ways.misstates_subtotal = 0, False

    def reckon(self, invoice: Invoice, desk: Biller) -> None:
        stated = invoice.total_excl_tax
        self.fault(invoice, desk, **figures(stated - invoice.ways.misstated, stated))


class _Prorations(Plant):
    """Something is wrong with the prorations of an invoice; the figures are their net."""

    plans = ("Pro", "Team", "Enterprise")
    claims = ("prorations",)

    def suits(self, customer: Customer) -> bool:
        return super().suits(customer) and not customer.subscription.pays_late

    def prepare(self, customer: Customer, maker: TermsMaker) -> None:
        discount = customer.terms.discount
        if discount is not None and discount.amount_off is not None:
            customer.terms.discount = None
        without_change(customer.subscription, customer.terms)
        maker.plan_change(customer, period=0)

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        own = [line for line in invoice.lines if line.is_proration]
        if not own:
            return None
        expected = sum(line.amount for line in own)
        changed = self.change(own, invoice)
        actual = sum(line.amount for line in changed)
        if actual == expected:
            return None
        at = invoice.lines.index(own[0])
        invoice.lines = [line for line in invoice.lines if line not in own]
        invoice.lines[at:at] = changed
        return {"invoice_id": invoice.invoice_id, **figures(expected, actual)}

    def change(self, own: list[Line], invoice: Invoice) -> list[Line]:
        """The prorations as Stripe has them."""
        raise NotImplementedError


@register
class ProrationMissing(_Prorations):
    kind = "proration_missing"
    variants = ("both", "charge", "credit")

    def change(self, own: list[Line], invoice: Invoice) -> list[Line]:
        return [line for line in own if self.variant != "both" and not line.kind.endswith(self.variant)]


@register
class ProrationMismatch(_Prorations):
    kind = "proration_mismatch"
    variants = ("by_day", "sign", "whole_period", "from_midnight")

    def change(self, own: list[Line], invoice: Invoice) -> list[Line]:
        out = [Line(**vars(line)) for line in own]
        for line in out:
            sign = -1 if line.kind == "proration_credit" else 1
            if self.variant == "sign":
                line.amount = abs(line.amount)
            elif self.variant == "whole_period":
                line.amount = sign * to_minor(line.quantity * line.unit)
            elif self.variant == "from_midnight":
                line.start = midnight(line.start)
                share = Decimal(invoice.period_end - line.start) / (invoice.period_end - invoice.period_start)
                line.amount = sign * to_minor(line.quantity * line.unit * share)
            else:
                whole = (invoice.period_end - invoice.period_start) // DAY
                days = (midnight(invoice.period_end) - midnight(line.start)) // DAY
                line.amount = sign * to_minor(line.quantity * line.unit * days / whole)
        return out

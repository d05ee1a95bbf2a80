"""Faults of whole invoices: missing, twice, without a period, stuck, in another currency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tieout.simulator.faults.base import CLEAR_OF_MINIMUM_MINOR, Plant, Reckoned, figures, register
from tieout.simulator.invoices import Invoice, Line, recurring_lines, usage_lines
from tieout.simulator.people import Customer, Item
from tieout.simulator.periods import DAY, HOUR, boundary, iso

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller


@register
class InvoiceMissing(Plant):
    kind = "invoice_missing"
    variants = ("cycle", "final_at_period_end")
    wants_final = ("final_at_period_end",)

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        expected = desk.truth.expected_total(invoice)
        if expected < CLEAR_OF_MINIMUM_MINOR or invoice.touched:
            return None
        invoice.is_skipped = True
        return {
            "period_start": iso(invoice.period_start),
            "alt_period_starts": [iso(invoice.period_end)],
            **figures(expected, 0),
        }


class _Further(Reckoned):
    """An invoice that should not be follows a good one."""

    changes_totals = False

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        if sum(line.amount for line in self.lines(invoice, desk)) < CLEAR_OF_MINIMUM_MINOR or invoice.touched:
            return None
        invoice.touched.add("invoice")  # what follows must follow a good invoice
        return {}

    def lines(self, invoice: Invoice, desk: Biller) -> list[Line]:
        """What the further invoice bills."""
        raise NotImplementedError

    def further(self, invoice: Invoice, desk: Biller, created: int, **fields: Any) -> list[Invoice]:
        """The invoice, once, after the one it was planted on."""
        if self._on is not invoice:
            return []
        self._on = None
        again = Invoice(
            invoice_id=desk.ids.new("in"),
            customer=invoice.customer,
            subscription=invoice.subscription,
            number="",
            created=created,
            period=invoice.period,
            lines=[Line(**{**vars(line), "line_id": desk.ids.new("il")}) for line in self.lines(invoice, desk)],
            touched={"invoice"},
            **fields,
        )
        for line in again.lines:
            line.credits = []
        return [again]

    def after_further(self, invoice: Invoice, desk: Biller) -> None:
        self.fault(invoice, desk, invoice_id=invoice.invoice_id, **figures(0, invoice.total_excl_tax))


@register
class InvoiceDuplicate(_Further):
    kind = "invoice_duplicate"
    variants = ("whole", "usage_again", "recurring_again")

    def lines(self, invoice: Invoice, desk: Biller) -> list[Line]:
        kind = self.variant.removesuffix("_again")
        return [line for line in invoice.lines if line.pending_id is None and kind in ("whole", line.kind)]

    def further_invoices(self, invoice: Invoice, desk: Biller) -> list[Invoice]:
        return self.further(
            invoice,
            desk,
            invoice.created + int(self.rng.integers(2 * HOUR, 2 * DAY - 3 * HOUR)),
            billing_reason=invoice.billing_reason,
            period_start=invoice.period_start,
            period_end=invoice.period_end,
            discount=invoice.discount if self.variant == "whole" else None,
        )


@register
class InvoiceUnexpected(_Further):
    """A whole month is billed from the middle of one on, or after the subscription has ended."""

    kind = "invoice_unexpected"
    variants = ("mid_period", "after_cancel")
    wants_final = ("after_cancel",)

    def suits(self, customer: Customer) -> bool:
        return super().suits(customer) and customer.terms.change is None

    def _starts(self, invoice: Invoice) -> int:
        return invoice.period_end + (300 if self.is_final else DAY)

    def lines(self, invoice: Invoice, desk: Biller) -> list[Line]:
        start = self._starts(invoice) - (300 if self.is_final else 0)
        licensed = [i for i in invoice.subscription.items if i.quantity is not None]
        return [
            line for item in licensed for line in recurring_lines(desk.ids, item, start, boundary(start, "month", 1))
        ]

    def further_invoices(self, invoice: Invoice, desk: Biller) -> list[Invoice]:
        at = self._starts(invoice)
        reason = "subscription_cycle" if self.is_final else "subscription_update"
        start = invoice.period_end if self.is_final else at
        return self.further(invoice, desk, at, billing_reason=reason, period_start=start, period_end=start)


@register
class InvoiceStuck(Reckoned):
    kind = "invoice_stuck"
    variants = ("auto_advance_off", "finalization_error")
    #: Nothing is late for an invoice that was never finalized.
    claims = ("money", "credits", "balance", "total", "status", "finalization")

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        invoice.ways.stuck = self.variant
        return {"invoice_id": invoice.invoice_id}

    def undo(self, invoice: Invoice) -> None:
        invoice.ways.stuck = ""

    def at_the_end(self, customer: Customer, desk: Biller) -> None:
        if self._on is not None:
            self.fault(self._on, desk, **figures(*self._on.reckoned["stuck"]))


@register
class CurrencyMismatch(Plant):
    """An invoice in another currency: the numbers kept, the prices' too, or rated anew at the other's prices."""

    kind = "currency_mismatch"
    variants = ("amounts_kept", "price_too", "rated_anew")
    claims = ("invoice", "money", "credits", "balance", "total", "discount", "prorations", "commitment")

    def suits(self, customer: Customer) -> bool:
        terms = customer.terms
        is_plain = not (terms.grants or terms.goodwill or terms.discount or terms.change or terms.commitment)
        return super().suits(customer) and customer.currency != "jpy" and is_plain

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        if invoice.touched:
            return None
        other = "eur" if invoice.customer.currency == "usd" else "usd"
        invoice.ways.currency = other
        if self.variant == "price_too":
            for line in invoice.lines:
                line.price = desk.catalogue.price(line.price.key, other)
        elif self.variant == "rated_anew":
            invoice.lines = self._rated_anew(invoice, desk, other)
        return {"invoice_id": invoice.invoice_id, "actual_currency": other, **figures(None, None)}

    @staticmethod
    def _rated_anew(invoice: Invoice, desk: Biller, other: str) -> list[Line]:
        out: list[Line] = []
        for price_id, kind in dict.fromkeys((line.price.price_id, line.kind) for line in invoice.lines):
            group = invoice.group(price_id, kind)
            first = group[0]
            quantity = sum(line.quantity for line in group)
            item = Item(first.item_id, desk.catalogue.price(first.price.key, other), int(quantity))
            if kind == "usage":
                out += usage_lines(desk.ids, item, first.start, first.end, quantity + 0 * first.quantity)
            else:
                out += recurring_lines(desk.ids, item, first.start, first.end)
        return out

    def undo(self, invoice: Invoice) -> None:
        invoice.ways.currency = ""

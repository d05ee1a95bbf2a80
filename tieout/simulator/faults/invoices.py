"""Faults of whole invoices: one that never came, one that came twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tieout.simulator.faults.base import CLEAR_OF_MINIMUM_MINOR, Plant, figures, register
from tieout.simulator.invoices import Invoice, Line
from tieout.simulator.periods import DAY, HOUR, iso

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller


@register
class InvoiceMissing(Plant):
    kind = "invoice_missing"
    variants = ("cycle", "final_at_period_end")
    wants_final = ("final_at_period_end",)

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        if invoice.total < CLEAR_OF_MINIMUM_MINOR or invoice.touched:
            return None
        invoice.is_skipped = True
        return {
            "period_start": iso(invoice.period_start),
            "alt_period_starts": [iso(invoice.period_end)],
            **figures(invoice.total, 0),
        }


@register
class InvoiceDuplicate(Plant):
    kind = "invoice_duplicate"
    variants = ("whole", "usage_again")
    changes_totals = False

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        repeated = self._repeated(invoice)
        if sum(line.amount for line in repeated) < CLEAR_OF_MINIMUM_MINOR or invoice.touched:
            return None
        invoice.touched.add("invoice")  # the copy must be of a good invoice
        return {}

    def _repeated(self, invoice: Invoice) -> list[Line]:
        return [line for line in invoice.lines if self.variant == "whole" or line.kind == "usage"]

    def note(self, invoice: Invoice, desk: Biller, fields: dict[str, Any]) -> None:
        self._of = invoice.invoice_id

    def further_invoices(self, invoice: Invoice, desk: Biller) -> list[Invoice]:
        if not self.is_planted or self._of != invoice.invoice_id:
            return []
        created = invoice.created + int(self.rng.integers(2 * HOUR, 2 * DAY - 3 * HOUR))
        again = Invoice(
            invoice_id=desk.ids.new("in"),
            customer=invoice.customer,
            subscription=invoice.subscription,
            billing_reason=invoice.billing_reason,
            number="",
            created=created,
            period=invoice.period,
            period_start=invoice.period_start,
            period_end=invoice.period_end,
            lines=[Line(**{**vars(line), "line_id": desk.ids.new("il")}) for line in self._repeated(invoice)],
        )
        self._of = ""
        desk.truth.fault(**self.common(invoice), invoice_id=again.invoice_id, **figures(0, again.total))
        return [again]

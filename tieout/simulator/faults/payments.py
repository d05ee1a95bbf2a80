"""Faults of money: an invoice paid with none, an invoice paid twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tieout.simulator.faults.base import Plant, figures, register
from tieout.simulator.invoices import Invoice
from tieout.simulator.periods import DAY

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller


@register
class PaymentMissing(Plant):
    kind = "payment_missing"
    variants = ("no_charge", "only_failed_charge")

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        if invoice.money != "normal" or "money" in invoice.touched:
            return None
        invoice.money = self.variant
        invoice.touched.add("money")
        return {}

    def note(self, invoice: Invoice, desk: Biller, fields: dict[str, Any]) -> None:
        # another fault may still change the invoice's total: the figures are read when it is issued
        self._of = invoice.invoice_id

    def further_invoices(self, invoice: Invoice, desk: Biller) -> list[Invoice]:
        if self.is_planted and self._of == invoice.invoice_id:
            self._of = ""
            desk.truth.fault(**self.common(invoice), invoice_id=invoice.invoice_id, **figures(invoice.amount_paid, 0))
        return []


@register
class PaymentDuplicate(Plant):
    kind = "payment_duplicate"
    variants = ("seconds_apart", "days_apart")

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        if invoice.money != "normal" or "money" in invoice.touched:
            return None
        is_soon = self.variant == "seconds_apart"
        invoice.second_charge_after = int(self.rng.integers(5, 60) if is_soon else self.rng.integers(DAY, 2 * DAY))
        invoice.touched.add("money")
        return {}

    def note(self, invoice: Invoice, desk: Biller, fields: dict[str, Any]) -> None:
        self._of = invoice.invoice_id

    def further_invoices(self, invoice: Invoice, desk: Biller) -> list[Invoice]:
        if self.is_planted and self._of == invoice.invoice_id:
            self._of = ""
            desk.truth.fault(
                **self.common(invoice),
                object_id=invoice.second_charge_id,
                invoice_id=invoice.invoice_id,
                **figures(0, invoice.amount_due),
            )
        return []

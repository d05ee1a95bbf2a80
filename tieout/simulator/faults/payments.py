"""Faults of money: invoices paid with none, twice, or otherwise; money that belongs to nothing; nobody collecting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tieout.simulator.faults.base import Plant, Reckoned, figures, register
from tieout.simulator.invoices import Invoice
from tieout.simulator.payments import RETRIES_S
from tieout.simulator.people import Customer
from tieout.simulator.periods import DAY
from tieout.simulator.terms import TermsMaker

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller

_DUE_AFTER_S = 30 * DAY


class _Money(Reckoned):
    """Something is wrong with an invoice's money: ``way`` says what, to the cashier."""

    claims = ("money",)
    changes_totals = False

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        if invoice.ways.money != "normal":
            return None
        self.set(invoice)
        return {"invoice_id": invoice.invoice_id}

    def set(self, invoice: Invoice) -> None:
        invoice.ways.money = self.variant

    def undo(self, invoice: Invoice) -> None:
        invoice.ways.money = "normal"


@register
class PaymentMissing(_Money):
    kind = "payment_missing"
    variants = ("no_charge", "only_failed_charge", "not_captured")

    def reckon(self, invoice: Invoice, desk: Biller) -> None:
        self.fault(invoice, desk, **figures(invoice.amount_paid, 0))


@register
class PaymentAmountMismatch(_Money):
    kind = "payment_amount_mismatch"
    variants = ("over", "short")

    def reckon(self, invoice: Invoice, desk: Biller) -> None:
        self.fault(invoice, desk, **figures(invoice.amount_paid, invoice.money_received))


@register
class PaymentDuplicate(_Money):
    kind = "payment_duplicate"
    variants = ("seconds_apart", "days_apart")

    def set(self, invoice: Invoice) -> None:
        is_soon = self.variant == "seconds_apart"
        invoice.ways.second_charge_after = int(self.rng.integers(5, 60) if is_soon else self.rng.integers(DAY, 2 * DAY))

    def undo(self, invoice: Invoice) -> None:
        invoice.ways.second_charge_after = None

    def reckon(self, invoice: Invoice, desk: Biller) -> None:
        self.fault(invoice, desk, object_id=invoice.second_charge_id, **figures(0, invoice.amount_due))


@register
class RefundUnmatched(_Money):
    kind = "refund_unmatched"
    variants = ("full", "partial", "second")

    def set(self, invoice: Invoice) -> None:
        invoice.ways.refunded = self.variant

    def undo(self, invoice: Invoice) -> None:
        invoice.ways.refunded = ""

    def reckon(self, invoice: Invoice, desk: Biller) -> None:
        self.fault(invoice, desk, object_id=invoice.refund_id, **figures(*invoice.reckoned["refund"]))


@register
class PaymentOrphan(Plant):
    """The customer is charged once more, for nothing that was invoiced."""

    kind = "payment_orphan"
    variants = ("same_amount", "other_amount")
    changes_totals = False

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        return {}

    def note(self, invoice: Invoice, desk: Biller, fields: dict[str, Any]) -> None:
        """Its figures are known when the invoice is issued."""

    def reckon(self, invoice: Invoice, desk: Biller) -> None:
        at = invoice.created + DAY
        amount = max(invoice.total + (0 if self.variant == "same_amount" else 1234), 500)
        charge = desk.cashier.charge_for_nothing(invoice, at, amount)
        desk.truth.fault(**self.common(invoice), object_id=charge, **figures(0, amount))


@register
class DunningStalled(_Money):
    """Nobody collects an open invoice any more: retries are over, or an invoice that was sent is long past due."""

    kind = "dunning_stalled"
    variants = ("retries_exhausted", "invoice_past_due")

    @property
    def _needs_s(self) -> int:
        return (RETRIES_S if self.variant == "retries_exhausted" else _DUE_AFTER_S + 14 * DAY) + 2 * DAY

    def suits(self, customer: Customer) -> bool:
        s = customer.subscription
        first = s.bounds[1] if len(s.bounds) > 1 else s.created
        return super().suits(customer) and first + self._needs_s < customer.end_s and customer.terms.change is None

    def prepare(self, customer: Customer, maker: TermsMaker) -> None:
        customer.terms.is_sent = self.variant == "invoice_past_due"
        self.patience = 0

    def set(self, invoice: Invoice) -> None:
        invoice.ways.money = "stalled" if self.variant == "retries_exhausted" else "unpaid"

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        if invoice.created + self._needs_s > desk.end:
            return None
        return super().spoil(invoice, desk)

    def reckon(self, invoice: Invoice, desk: Biller) -> None:
        self.fault(invoice, desk, **figures(invoice.amount_due, 0))

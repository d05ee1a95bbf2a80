"""Collecting an invoice: attempts, charges, and what reaches the account."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tieout.simulator import money_objects
from tieout.simulator.catalogue import to_minor
from tieout.simulator.invoices import Invoice
from tieout.simulator.money_objects import Movement
from tieout.simulator.periods import DAY

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller, _Life

_FEE_RATE: Final = {"usd": Decimal("0.029"), "eur": Decimal("0.029"), "jpy": Decimal("0.036")}
_FEE_FIXED: Final = {"usd": 30, "eur": 25, "jpy": 0}
_RETRY_AFTER: Final = (3 * DAY, 5 * DAY)
_SECOND_RETRY_SHARE: Final = 0.4


class Cashier:
    """Collects finalized invoices and writes what Stripe would have of it."""

    def __init__(self, desk: Biller) -> None:
        self._desk = desk

    def collect(self, invoice: Invoice, lines: list[dict[str, Any]], life: _Life) -> None:
        """Pay the invoice, or try to; ``invoice.money`` says how it goes."""
        at = invoice.finalized_at
        assert at is not None
        if invoice.amount_due == 0:
            self._paid(invoice, lines, at)
            return
        if invoice.money == "late":
            self._late(invoice, lines, life, at)
            return
        invoice.attempts = 1
        if invoice.money == "no_charge":
            self._paid(invoice, lines, at)
        elif invoice.money == "only_failed_charge":
            intent, charge = self._new_ids(invoice)
            self._charge(invoice, charge, intent, at, failure=True)
            self._intent(invoice, intent, charge, at, paid_at=None)
            invoice.charge_id, invoice.payment_intent_id = charge, intent
            self._paid(invoice, lines, at)
        else:
            self._pay(invoice, at)
            if invoice.second_charge_after is not None:
                self.pay_again(invoice, at + invoice.second_charge_after)
            self._paid(invoice, lines, at)

    def _late(self, invoice: Invoice, lines: list[dict[str, Any]], life: _Life, at: int) -> None:
        """The first attempt fails; the second or third succeeds, if it is already due."""
        desk = self._desk
        attempts = 3 if desk.rng.random() < _SECOND_RETRY_SHARE else 2
        intent, charge = self._new_ids(invoice)
        began = at
        for number in range(1, attempts + 1):
            invoice.attempts = number
            if number == attempts:
                invoice.next_attempt = None
                self._pay(invoice, at, intent, began)
                self._paid(invoice, lines, at)
                life.set_status("active", at)
                return
            charge = desk.ids.new("ch")
            self._charge(invoice, charge, intent, at, failure=True)
            invoice.charge_id, invoice.payment_intent_id = charge, intent
            invoice.next_attempt = at + _RETRY_AFTER[number - 1]
            desk.emit_invoice("invoice.payment_failed", invoice, lines, at)
            life.set_status("past_due", at)
            if invoice.next_attempt > desk.end:
                self._intent(invoice, intent, charge, began, paid_at=None)
                return
            at = invoice.next_attempt

    def _new_ids(self, invoice: Invoice) -> tuple[str, str]:
        return self._desk.ids.new("pi"), self._desk.ids.new("ch")

    def _pay(self, invoice: Invoice, at: int, intent: str | None = None, began: int | None = None) -> None:
        charge = self._desk.ids.new("ch")
        intent = intent or self._desk.ids.new("pi")
        self._charge(invoice, charge, intent, at, failure=False)
        self._intent(invoice, intent, charge, at if began is None else began, paid_at=at)
        invoice.charge_id, invoice.payment_intent_id = charge, intent

    def pay_again(self, invoice: Invoice, at: int) -> None:
        """A second charge for the same invoice; the invoice remembers its id for the fault."""
        intent, charge = self._new_ids(invoice)
        self._charge(invoice, charge, intent, at, failure=False)
        self._intent(invoice, intent, charge, at, paid_at=at, is_default=False)
        invoice.second_charge_id = charge

    def _charge(self, invoice: Invoice, charge: str, intent: str, at: int, *, failure: bool) -> None:
        desk, amount, txn = self._desk, invoice.amount_due, None
        currency = invoice.customer.currency
        if not failure:
            fee = to_minor(amount * _FEE_RATE[currency]) + _FEE_FIXED[currency]
            movement = Movement(desk.ids.new("txn"), "charge", at, amount, fee, currency, charge)
            desk.account.movements.append(movement)
            txn = movement.txn_id
        desk.account.charges += 1
        desk.put(
            invoice.customer,
            "charge.jsonl.gz",
            money_objects.charge(invoice, charge, intent, at, amount, txn, failure),
        )

    def _intent(
        self, invoice: Invoice, intent: str, charge: str, at: int, *, paid_at: int | None, is_default: bool = True
    ) -> None:
        desk, amount, is_paid = self._desk, invoice.amount_due, paid_at is not None
        obj = money_objects.payment_intent(invoice, intent, at, amount, charge, is_paid)
        desk.put(invoice.customer, "payment_intent.jsonl", obj)
        if invoice.customer.api == "basil":
            payment = money_objects.invoice_payment(
                invoice, desk.ids.new("inpay"), intent, at, amount, paid_at=paid_at, is_default=is_default
            )
            desk.put(invoice.customer, "invoice_payment.jsonl", payment)

    def _paid(self, invoice: Invoice, lines: list[dict[str, Any]], at: int) -> None:
        invoice.status, invoice.paid_at, invoice.amount_paid = "paid", at, invoice.amount_due
        self._desk.emit_invoice("invoice.paid", invoice, lines, at)

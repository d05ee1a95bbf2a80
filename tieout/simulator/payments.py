"""Collecting an invoice: attempts, charges, and what reaches the account."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tieout.simulator import money_objects
from tieout.simulator.catalogue import to_minor
from tieout.simulator.invoices import Invoice
from tieout.simulator.money_objects import Movement
from tieout.simulator.periods import DAY

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller
    from tieout.simulator.life import Life

_FEE_RATE: Final = {"usd": Decimal("0.029"), "eur": Decimal("0.029"), "jpy": Decimal("0.036")}
_FEE_FIXED: Final = {"usd": 30, "eur": 25, "jpy": 0}
_RETRY_AFTER: Final = (3 * DAY, 5 * DAY, 7 * DAY)
_SECOND_RETRY_SHARE: Final = 0.4
#: From the first to the last of four attempts.
RETRIES_S: Final = sum(_RETRY_AFTER)
_SENT_PAID_AFTER_DAYS: Final = (5, 25)
#: What of a payment too much or too little, in minor units or as a share.
_OVER_MINOR, _SHORT_SHARE = 250, Decimal("0.1")


class Cashier:
    """Collects finalized invoices and writes what Stripe would have of it."""

    def __init__(self, desk: Biller) -> None:
        self._desk = desk

    def collect(self, invoice: Invoice, life: Life) -> None:
        """Pay the invoice, or try to; ``invoice.ways.money`` says how it goes."""
        at, money = invoice.finalized_at, invoice.ways.money
        assert at is not None
        if invoice.amount_due == 0:
            self._paid(invoice, at)
        elif money == "late":
            self._late(invoice, life, at)
        elif money == "stalled":
            self._stall(invoice, life, at)
        elif money in ("voided", "written_off"):
            self._end_unpaid(invoice, at + DAY // 2)
        elif money != "unpaid":
            self._collect_at(invoice, self._paid_at(invoice, at))

    def _paid_at(self, invoice: Invoice, at: int) -> int:
        """At once, or some days after an invoice was sent; sooner where a fault needs time to show."""
        if not invoice.customer.terms.is_sent or invoice.touched:
            return at
        return at + int(self._desk.rng.integers(*_SENT_PAID_AFTER_DAYS)) * DAY

    def _collect_at(self, invoice: Invoice, at: int) -> None:
        if at > self._desk.end:
            return
        ways = invoice.ways
        intent, charge = self._new_ids(invoice)
        invoice.attempts = 1
        amount = invoice.amount_due
        if ways.money == "over":
            amount += _OVER_MINOR
        elif ways.money == "short":
            amount -= to_minor(amount * _SHORT_SHARE)
        if ways.money == "no_charge":
            self._paid(invoice, at)
            return
        invoice.charge_id, invoice.payment_intent_id = charge, intent
        is_bad = ways.money in ("only_failed_charge", "not_captured")
        if ways.money == "only_failed_charge":
            self._charge(invoice, charge, intent, at, amount, failure=True)
        elif ways.money == "not_captured":
            obj = money_objects.charge(invoice, charge, intent, at, amount, None, is_captured=False)
            self._desk.put(invoice.customer, "charge.jsonl.gz", obj)
        else:
            self._charge(invoice, charge, intent, at, amount)
        self._intent(invoice, intent, charge, at, amount, paid_at=None if is_bad else at)
        if ways.second_charge_after is not None:
            self.pay_again(invoice, at + ways.second_charge_after)
        self._paid(invoice, at)

    def _late(self, invoice: Invoice, life: Life, at: int) -> None:
        """The first attempt fails; the second or third succeeds, if it is already due."""
        attempts = 3 if self._desk.rng.random() < _SECOND_RETRY_SHARE else 2
        intent, charge = self._new_ids(invoice)
        began, amount = at, invoice.amount_due
        for number in range(1, attempts + 1):
            invoice.attempts = number
            if number == attempts:
                invoice.next_attempt = None
                charge = self._desk.ids.new("ch")
                self._charge(invoice, charge, intent, at, amount)
                self._intent(invoice, intent, charge, began, amount, paid_at=at)
                invoice.charge_id, invoice.payment_intent_id = charge, intent
                self._paid(invoice, at)
                life.set_status("active", at)
                return
            charge = self._fail(invoice, life, intent, at, at + _RETRY_AFTER[number - 1])
            assert invoice.next_attempt is not None
            if invoice.next_attempt > self._desk.end:
                self._intent(invoice, intent, charge, began, amount, paid_at=None)
                return
            at = invoice.next_attempt

    def _fail(self, invoice: Invoice, life: Life, intent: str, at: int, again_at: int | None) -> str:
        """One attempt that fails; the charge's id."""
        charge = self._desk.ids.new("ch")
        self._charge(invoice, charge, intent, at, invoice.amount_due, failure=True)
        invoice.charge_id, invoice.payment_intent_id = charge, intent
        invoice.next_attempt = again_at
        self._desk.emit_invoice("invoice.payment_failed", invoice, at)
        life.set_status("past_due", at)
        return charge

    def _stall(self, invoice: Invoice, life: Life, at: int) -> None:
        """Every attempt fails, and after the last nothing is planned."""
        intent, began, charge = self._desk.ids.new("pi"), at, ""
        for number, wait in enumerate((*_RETRY_AFTER, None), 1):
            invoice.attempts = number
            charge = self._fail(invoice, life, intent, at, None if wait is None else at + wait)
            at += wait or 0
        self._intent(invoice, intent, charge, began, invoice.amount_due, paid_at=None)

    def _end_unpaid(self, invoice: Invoice, at: int) -> None:
        """The invoice is voided or written off."""
        if invoice.ways.money == "voided":
            invoice.status, invoice.voided_at = "void", at
            self._desk.emit_invoice("invoice.voided", invoice, at)
        else:
            invoice.status, invoice.written_off_at = "uncollectible", at
            self._desk.emit_invoice("invoice.marked_uncollectible", invoice, at)

    def _new_ids(self, invoice: Invoice) -> tuple[str, str]:
        return self._desk.ids.new("pi"), self._desk.ids.new("ch")

    def pay_again(self, invoice: Invoice, at: int) -> None:
        """A second charge for the same invoice; the invoice remembers its id for the fault."""
        intent, charge = self._new_ids(invoice)
        self._charge(invoice, charge, intent, at, invoice.amount_due, is_first=False)
        self._intent(invoice, intent, charge, at, invoice.amount_due, paid_at=at, is_default=False)
        invoice.second_charge_id = charge

    def charge_for_nothing(self, invoice: Invoice, at: int, amount: int) -> str:
        """A charge of the invoice's customer that belongs to no invoice; its id."""
        intent, charge = self._new_ids(invoice)
        txn = self._move(invoice, "charge", at, amount, charge)
        obj = money_objects.charge(invoice, charge, intent, at, amount, txn, is_orphan=True)
        self._desk.put(invoice.customer, "charge.jsonl.gz", obj)
        whole = money_objects.payment_intent(invoice, intent, at, amount, charge, is_paid=True, is_orphan=True)
        self._desk.put(invoice.customer, "payment_intent.jsonl", whole)
        self._desk.account.charges += 1
        return charge

    def _move(self, invoice: Invoice, kind: str, at: int, amount: int, source: str) -> str:
        currency = invoice.currency
        fee = to_minor(amount * _FEE_RATE[currency]) + _FEE_FIXED[currency] if kind == "charge" else 0
        movement = Movement(self._desk.ids.new("txn"), kind, at, amount, fee, currency, source)
        self._desk.account.movements.append(movement)
        return movement.txn_id

    def _charge(
        self,
        invoice: Invoice,
        charge: str,
        intent: str,
        at: int,
        amount: int,
        *,
        failure: bool = False,
        is_first: bool = True,
    ) -> None:
        desk, txn, refunded = self._desk, None, 0
        if not failure:
            txn = self._move(invoice, "charge", at, amount, charge)
            invoice.money_received += amount
            if is_first and invoice.ways.refunded:
                refunded = self._refund(invoice, charge, intent, at + DAY, amount)
        desk.account.charges += 1
        obj = money_objects.charge(invoice, charge, intent, at, amount, txn, failure=failure, refunded=refunded)
        desk.put(invoice.customer, "charge.jsonl.gz", obj)

    def _refund(self, invoice: Invoice, charge: str, intent: str, at: int, amount: int) -> int:
        """Money goes back with no credit note, or a part of it with one and another part without; how much."""
        way, c = invoice.ways.refunded, invoice.customer
        parts = {"full": [amount], "partial": [amount // 3], "second": [amount // 4, amount // 5]}[way]
        for number, part in enumerate(parts):
            refund = self._desk.ids.new("re")
            txn = self._move(invoice, "refund", at + number * 60, -part, refund)
            obj = money_objects.refund(refund, invoice, charge, intent, txn, at + number * 60, part)
            self._desk.put(c, "refund.jsonl", obj)
            if number + 1 < len(parts):
                note = money_objects.credit_note(self._desk.ids.new("cn"), invoice, refund, at, part)
                self._desk.put(c, "credit_note.jsonl", note)
                invoice.credited_after += part
            else:
                invoice.refund_id, invoice.reckoned["refund"] = refund, (0, -part)
        return sum(parts)

    def _intent(
        self,
        invoice: Invoice,
        intent: str,
        charge: str,
        at: int,
        amount: int,
        *,
        paid_at: int | None,
        is_default: bool = True,
    ) -> None:
        desk = self._desk
        obj = money_objects.payment_intent(invoice, intent, at, amount, charge, is_paid=paid_at is not None)
        desk.put(invoice.customer, "payment_intent.jsonl", obj)
        if invoice.customer.api == "basil":
            payment = money_objects.invoice_payment(
                invoice, desk.ids.new("inpay"), intent, at, invoice.amount_due, paid_at=paid_at, is_default=is_default
            )
            desk.put(invoice.customer, "invoice_payment.jsonl", payment)

    def _paid(self, invoice: Invoice, at: int) -> None:
        invoice.status, invoice.paid_at, invoice.amount_paid = "paid", at, invoice.amount_due
        self._desk.emit_invoice("invoice.paid", invoice, at)

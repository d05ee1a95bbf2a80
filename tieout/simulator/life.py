"""One subscription from its first second to its end or the as-of instant, with all its invoices."""

from __future__ import annotations

from copy import copy
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tieout.simulator import adjustment_objects, invoice_objects, objects
from tieout.simulator.catalogue import MINIMUM_CHARGE, rate
from tieout.simulator.faults.base import PLANT_BEFORE_END, Plant
from tieout.simulator.invoices import (
    Invoice,
    Line,
    commitment_line,
    proration_lines,
    recurring_lines,
    usage_lines,
)
from tieout.simulator.people import Customer, Subscription
from tieout.simulator.periods import HOUR
from tieout.simulator.purse import Purse
from tieout.simulator.settle import discount_lines, tax_lines

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller

_EARLIER_LISTING_SHARE: Final = 0.08
_LATE_SHARE: Final = 0.5
_DAYS_UNTIL_DUE_S: Final = 30 * 24 * HOUR


class Life:
    """What happens to one customer's subscription, in order of time."""

    def __init__(self, desk: Biller, customer: Customer, plants: list[Plant]) -> None:
        self.desk, self.customer, self.plants = desk, customer, plants
        self.subscription: Subscription = customer.subscription
        self.status = "active"
        self.invoices: list[Invoice] = []
        self.purse = Purse(desk, customer)
        self.period = 0
        self.hidden_event = ""
        self.stale: dict[str, Any] | None = None
        self._pending: list[Line] = []
        self._has_asked = False

    @property
    def balance(self) -> int:
        """The customer's balance as Stripe has it; negative is the customer's credit."""
        return self.purse.balance

    def run(self) -> None:
        """From the first invoice to the as-of instant."""
        s, end = self.subscription, self.desk.end
        if s.trial_end is not None:
            self.status = "trialing"
        self.purse.grant()
        first = self._draft(-1)
        self._expect(first, due_at=s.created, exists=True)
        self._issue(first, s.created)
        self._event("customer.subscription.created", s.created)
        for k in range(len(s.bounds) - 1):
            if s.bounds[k + 1] > end:
                self._live_through(k)
                break
            self._live_through(k)
            self._cycle(k)
        self._note_unplanted()
        self.purse.close()
        for invoice in self.invoices:
            if invoice.ways.stuck:  # it would use the credit that later invoices have left
                invoice.reckoned["stuck"] = (invoice.total_excl_tax - self.purse.would_pay(invoice), 0)
        self.desk.put(self.customer, "subscription.jsonl", self.stale or self._json(end))

    def _live_through(self, k: int) -> None:
        """What happens within period k before it ends."""
        self.purse.receive(self.subscription.bounds[k + 1])
        self._change(k)
        self._ask_to_cancel(k)

    # ------------------------------------------------------------------ subscription
    def _json(self, at: int) -> dict[str, Any]:
        s = self.subscription
        latest = self.invoices[-1].invoice_id if self.invoices else None
        period = (s.bounds[self.period], s.bounds[self.period + 1])
        is_cancelling = s.cancel_asked is not None and self._has_asked
        return objects.subscription(
            self.customer, s, status=self.status, period=period, latest_invoice=latest, is_cancelling=is_cancelling,
            at=at,
        )  # fmt: skip

    def _event(self, kind: str, at: int, previous: dict[str, Any] | None = None) -> None:
        if self.hidden_event and (kind, at) == (self.hidden_event, self._hidden_at):
            return
        self.desk.emit(self.customer, kind, at, self._json(at), previous)

    @property
    def _hidden_at(self) -> int | None:
        s = self.subscription
        return s.cancel_at if self.hidden_event == "customer.subscription.deleted" else s.trial_end

    def set_status(self, status: str, at: int) -> None:
        """A payment changed the subscription's status."""
        if status != self.status:
            before, self.status = self.status, status
            self._event("customer.subscription.updated", at, {"status": before})

    def _ask_to_cancel(self, k: int) -> None:
        s = self.subscription
        if s.cancel_asked is None or self._has_asked or s.cancel_asked > self.desk.end:
            return
        if s.bounds[k] <= s.cancel_asked < s.bounds[k + 1]:
            self._has_asked = True
            self._event("customer.subscription.updated", s.cancel_asked, {"cancel_at_period_end": False})

    def _change(self, k: int) -> None:
        """The item that is to change does, and what that is worth waits for the next invoice."""
        s, change = self.subscription, self.customer.terms.change
        if change is None or not s.bounds[k] <= change.at < s.bounds[k + 1] or change.at > self.desk.end:
            return
        item = s.item(change.item_id)
        old = copy(item)
        previous = {"items": self._json(change.at)["items"]}
        assert item.quantity is not None
        s.changed_at, s.before = change.at, (item.quantity, item.price)
        item.price, item.quantity = change.price, change.quantity
        self._event("customer.subscription.updated", change.at, previous)
        period = (s.bounds[k], s.bounds[k + 1])
        lines = proration_lines(self.desk.ids, old, item, change.at, period, self.customer.terms.discount)
        self._pending = lines + self._pending

    def _cycle(self, k: int) -> None:
        """Period k has ended: the next one starts, or the subscription ends."""
        s, at = self.subscription, self.subscription.bounds[k + 1]
        is_final = s.cancel_at == at
        created = at + int(self.desk.rng.integers(1, 60))
        exists = created <= self.desk.end
        invoice = self._draft(k, created)
        for plant in self.plants:
            plant.at_cycle(self, k)
        if not is_final:
            previous = {"current_period_start": s.bounds[k], "current_period_end": at, "status": self.status}
            self.period = k + 1
            if s.trial_end == at:
                self.status = "active"
            self._event("customer.subscription.updated", at, previous)
        else:
            before = self._json(at)
            self.status = "canceled"
            self._event("customer.subscription.deleted", at)
            if any(plant.keeps_listing for plant in self.plants):
                self.stale = before
        if is_final and not s.metered:
            return
        self._expect(invoice, due_at=at, exists=exists)
        if exists:
            self._bill(invoice, at)

    def _bill(self, invoice: Invoice, at: int) -> None:
        """Let faults at the draft, then issue it, and whatever a fault makes follow."""
        s = self.subscription
        if s.pays_late and invoice.total > 0 and self.desk.rng.random() < _LATE_SHARE:
            invoice.ways.money = "late"
        if at + PLANT_BEFORE_END < self.desk.end:
            for plant in self.plants:
                plant.try_draft(invoice, self.desk)
        if invoice.is_skipped:
            return
        self._issue(invoice, at)
        for plant in self.plants:
            plant.after_issue(invoice, self.desk)
            for again in plant.further_invoices(invoice, self.desk):
                again.number = self._number()
                self._issue(again, again.created)
                plant.after_further(again, self.desk)

    def _note_unplanted(self) -> None:
        for plant in self.plants:
            if not plant.is_planted:
                self.desk.truth.skipped.append({"kind": plant.kind, "variant": plant.variant})

    # ------------------------------------------------------------------ invoices
    def _number(self) -> str:
        return f"{self.customer.customer_id[-8:].upper()}-{len(self.invoices) + 1:04}"

    def _expect(self, invoice: Invoice, *, due_at: int, exists: bool) -> None:
        """Note what the invoice must be; grants are asked what they would pay, and keep it."""
        self._discount(invoice)
        credited = self.purse.would_pay(invoice)
        self.desk.truth.expect(invoice, due_at=due_at, exists=exists, credited=credited)

    def _draft(self, k: int, created: int | None = None) -> Invoice:
        """The invoice of the end of period k; k = −1 is the first one."""
        s, desk = self.subscription, self.desk
        at = s.bounds[k + 1]
        is_final = k >= 0 and s.cancel_at == at
        has_usage = k >= 0 and not (k == 0 and s.trial_end is not None)
        lines, self._pending = list(self._pending), []
        for item in reversed(s.items):
            if item.quantity is None and has_usage:
                assert item.price.meter is not None
                quantity = desk.quantity(s.streams[item.price.meter], k)
                lines += usage_lines(desk.ids, item, s.bounds[k], at, quantity)
            elif item.quantity is not None and not is_final:
                is_trial = k < 0 and s.trial_end is not None
                lines += recurring_lines(desk.ids, item, at, s.bounds[k + 2], is_trial=is_trial)
        lines = self._commitment(k, lines) + lines
        invoice = Invoice(
            invoice_id=desk.ids.new("in"),
            customer=self.customer,
            subscription=s,
            billing_reason="subscription_create" if k < 0 else "subscription_cycle",
            number=self._number(),
            created=at if created is None else created,
            period=k,
            period_start=at if k < 0 else s.bounds[k],
            period_end=at,
            lines=lines,
            is_final=is_final,
        )
        discount = self.customer.terms.discount
        if discount is not None and discount.is_in_force(invoice.created):
            invoice.discount = discount
        return invoice

    def _commitment(self, k: int, lines: list[Line]) -> list[Line]:
        """The line of what period k fell short of the commitment by."""
        s, committed = self.subscription, self.customer.terms.commitment
        if committed is None or k < 0:
            return []
        used = sum(line.amount for line in lines if line.kind == "usage")
        short = committed - used - self.recurring(k)
        if short <= 0:
            return []
        return [commitment_line(self.desk.ids, self.customer.currency, (s.bounds[k], s.bounds[k + 1]), short)]

    def recurring(self, k: int) -> int:
        """What was charged in advance for period k: the items as they were when it began."""
        s, change, amount = self.subscription, self.customer.terms.change, 0
        for item in s.items:
            if item.quantity is not None:
                quantity, price = item.quantity, item.price
                if change is not None and change.item_id == item.item_id and s.before and s.bounds[k] < change.at:
                    quantity, price = s.before
                amount += sum(r.amount for r in rate(price, Decimal(quantity)))
        return amount

    def _discount(self, invoice: Invoice) -> None:
        discount_lines(invoice.lines, invoice.discount)
        tax_lines(invoice.lines, self.customer.terms.tax_percent)

    def _issue(self, invoice: Invoice, at: int) -> None:
        """Make the draft known, finalize it after its hour and collect it."""
        desk = self.desk
        self.invoices.append(invoice)
        desk.account.invoices += 1
        self._discount(invoice)
        self._spoil_discount(invoice)
        invoice.starting_balance = self.balance
        desk.emit_invoice("invoice.created", invoice, at)
        listed = {"draft": invoice_objects.invoice(invoice)} if invoice.ways.listed_as else {}
        is_first = invoice.billing_reason == "subscription_create"
        finalized = invoice.created + (0 if is_first else HOUR + int(desk.rng.integers(0, 240)))
        if finalized <= desk.end and not invoice.ways.stuck:
            self._finalize(invoice, finalized)
            if invoice.ways.listed_as:
                listed["open"] = invoice_objects.invoice(invoice)
            desk.emit_invoice("invoice.finalized", invoice, finalized)
            if desk.rng.random() < _EARLIER_LISTING_SHARE:
                desk.put(self.customer, "zz-earlier-listing/invoice.jsonl", invoice_objects.invoice(invoice))
            desk.cashier.collect(invoice, self)
        for line in invoice.lines:
            if line.pending_id is not None:
                desk.put(self.customer, "invoiceitem.jsonl", adjustment_objects.invoice_item(line, invoice))
        shown = listed.get(invoice.ways.listed_as) or invoice_objects.invoice(invoice)
        desk.put(self.customer, "invoice.jsonl.gz", shown)

    def _spoil_discount(self, invoice: Invoice) -> None:
        """What a fault makes of the discount; the right one, on these lines, is kept for the truth."""
        way, right = invoice.ways.discount, invoice.discounted
        if not way:
            return
        if way == "none":
            invoice.discount = None
            discount_lines(invoice.lines, None)
        elif way == "old":
            invoice.discount = invoice.ways.old_discount
            discount_lines(invoice.lines, invoice.discount)
        else:
            for line in invoice.lines:
                line.discount = line.discount // 2 if way == "half" else min(line.discount * 2, max(line.amount, 0))
        tax_lines(invoice.lines, self.customer.terms.tax_percent)
        invoice.reckoned["discount"] = (-right, -invoice.discounted)

    def _finalize(self, invoice: Invoice, at: int) -> None:
        invoice.finalized_at, invoice.status = at, "open"
        if self.customer.terms.is_sent:
            invoice.due_at = invoice.created + _DAYS_UNTIL_DUE_S
        self.purse.pay(invoice, at)
        tax_lines(invoice.lines, self.customer.terms.tax_percent)
        self.purse.settle_balance(invoice, at, MINIMUM_CHARGE[self.customer.currency])

    def receivable(self) -> tuple[int, bool]:
        """(what is open, whether a payment has failed and is open still)."""
        owed = [i for i in self.invoices if i.status == "open"]
        return sum(i.amount_due - i.amount_paid for i in owed), any(i.attempts for i in owed)

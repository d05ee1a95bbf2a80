"""Stripe itself, for one customer after the other: subscriptions live, invoices are made, finalized and collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import numpy as np

from tieout.simulator import objects
from tieout.simulator.catalogue import METERS, MINIMUM_CHARGE, Catalogue
from tieout.simulator.faults.base import PLANT_BEFORE_END, Plant
from tieout.simulator.ids import Ids
from tieout.simulator.invoices import Invoice, Line, recurring_lines, usage_lines
from tieout.simulator.landing import Landing
from tieout.simulator.money_objects import Movement, customer_balance_transaction
from tieout.simulator.payments import Cashier
from tieout.simulator.people import Customer, Subscription
from tieout.simulator.periods import HOUR, iso
from tieout.simulator.spec import WorldSpec
from tieout.simulator.truth import Truth
from tieout.simulator.usage import Totals

_TWICE_SHARE, _EARLIER_LISTING_SHARE = 0.03, 0.08
LATE_SHARE: Final = 0.5


@dataclass
class Account:
    """What the company's Stripe account gathers over all customers."""

    movements: list[Movement] = field(default_factory=list)
    #: What Stripe's meter has more (or less) than was sent: (stream, period) → (day, scaled quantity).
    meter_shifts: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    invoices: int = 0
    events: int = 0
    charges: int = 0


class Biller:
    """Bills customers. One object for the whole world; what belongs to one customer lives in ``bill``."""

    def __init__(
        self,
        spec: WorldSpec,
        catalogue: Catalogue,
        totals: Totals,
        meter_of: list[str],
        landing: Landing,
        truth: Truth,
    ) -> None:
        self.spec, self.catalogue, self.totals = spec, catalogue, totals
        self.landing, self.truth, self.account = landing, truth, Account()
        self.meter_of = meter_of
        self.rng: np.random.Generator = spec.rng("billing")
        self.ids = Ids(spec.rng("billing ids"))
        self.end = spec.end_s
        self.cashier = Cashier(self)

    # ------------------------------------------------------------------ writing
    def put(self, customer: Customer, name: str, obj: dict[str, Any]) -> None:
        """Write an object into a listing of its customer's shape."""
        self.landing.write(f"stripe/{customer.api}/{name}", obj)

    def emit(
        self, customer: Customer, kind: str, at: int, obj: dict[str, Any], previous: dict[str, Any] | None = None
    ) -> None:
        """Write an event, now and then twice."""
        self.account.events += 1
        event = objects.event(self.ids.new("evt"), customer.api, kind, at, obj, previous)
        self.put(customer, f"events/{iso(at)[:7]}.jsonl.gz", event)
        if self.rng.random() < _TWICE_SHARE:
            self.put(customer, "events/redelivered.jsonl.gz", event)

    def emit_invoice(self, kind: str, invoice: Invoice, lines: list[dict[str, Any]], at: int) -> None:
        self.emit(invoice.customer, kind, at, objects.invoice(invoice, lines))

    # ------------------------------------------------------------------ one customer
    def bill(self, customer: Customer, plants: list[Plant]) -> None:
        """Everything that happens between a customer and Stripe up to the as-of instant."""
        life = _Life(self, customer, plants)
        life.run()
        receivable, is_delinquent = life.receivable()
        balance = life.balance
        self.put(customer, "customer.jsonl", objects.customer(customer, balance=balance, is_delinquent=is_delinquent))
        self.truth.customers.append(
            {
                "customer_id": customer.customer_id,
                "currency": customer.currency,
                "balance_minor": balance,
                "delinquent": is_delinquent,
                "open_receivable_minor": receivable,
            }
        )

    def quantity(self, stream: int, period: int) -> Decimal:
        """What was used in a period, by the meter's formula."""
        return self._by_formula(
            stream, self.totals.period_quantity[stream, period], self.totals.period_events[stream, period]
        )

    def day_quantity(self, stream: int, day: int) -> Decimal:
        """What was used on the n-th day of the history."""
        return self._by_formula(stream, self.totals.day_quantity[stream, day], self.totals.day_events[stream, day])

    def _by_formula(self, stream: int, quantity: int, events: int) -> Decimal:
        meter = METERS[self.meter_of[stream]]
        return Decimal(int(events)) if meter.formula == "count" else Decimal(int(quantity)).scaleb(-meter.decimals)


class _Life:
    """One subscription from its first second to its end or the as-of instant."""

    def __init__(self, desk: Biller, customer: Customer, plants: list[Plant]) -> None:
        self.desk, self.customer, self.plants = desk, customer, plants
        self.subscription: Subscription = customer.subscription
        self.status = "active"
        self.invoices: list[Invoice] = []
        self.balance = 0
        self.period = 0
        self._has_asked = False

    def run(self) -> None:
        s, end = self.subscription, self.desk.end
        if s.trial_end is not None:
            self.status = "trialing"
        first = self._draft(-1)
        self.desk.truth.expect(first, due_at=s.created, exists=True)
        self._issue(first, s.created)
        self._event("customer.subscription.created", s.created)
        for k in range(len(s.bounds) - 1):
            if s.bounds[k + 1] > end:
                break
            self._ask_to_cancel(k)
            self._cycle(k)
        else:
            self._note_unplanted()
            self._list()
            return
        self._ask_to_cancel(self.period)
        self._note_unplanted()
        self._list()

    # ------------------------------------------------------------------ subscription
    def _json(self) -> dict[str, Any]:
        s = self.subscription
        latest = self.invoices[-1].invoice_id if self.invoices else None
        period = (s.bounds[self.period], s.bounds[self.period + 1])
        is_cancelling = s.cancel_asked is not None and self._has_asked
        return objects.subscription(
            self.customer, s, status=self.status, period=period, latest_invoice=latest, is_cancelling=is_cancelling
        )

    def _event(self, kind: str, at: int, previous: dict[str, Any] | None = None) -> None:
        self.desk.emit(self.customer, kind, at, self._json(), previous)

    def set_status(self, status: str, at: int) -> None:
        """A payment changed the subscription's status."""
        if status != self.status:
            before, self.status = self.status, status
            self._event("customer.subscription.updated", at, {"status": before})

    def _ask_to_cancel(self, k: int) -> None:
        s = self.subscription
        if s.cancel_asked is not None and not self._has_asked and s.bounds[k] <= s.cancel_asked < s.bounds[k + 1]:
            self._has_asked = True
            self._event("customer.subscription.updated", s.cancel_asked, {"cancel_at_period_end": False})

    def _cycle(self, k: int) -> None:
        """Period k has ended: the next one starts, or the subscription ends."""
        s, at = self.subscription, self.subscription.bounds[k + 1]
        is_final = s.cancel_at == at
        created = at + int(self.desk.rng.integers(1, 60))
        exists = created <= self.desk.end
        invoice = self._draft(k, created)
        if not is_final:
            previous = {"current_period_start": s.bounds[k], "current_period_end": at, "status": self.status}
            self.period = k + 1
            if s.trial_end == at:
                self.status = "active"
            self._event("customer.subscription.updated", at, previous)
        else:
            self.status = "canceled"
            self._event("customer.subscription.deleted", at)
        if is_final and not s.metered:
            return
        self.desk.truth.expect(invoice, due_at=at, exists=exists)
        if not exists:
            return
        if s.pays_late and invoice.total > 0 and self.desk.rng.random() < LATE_SHARE:
            invoice.money = "late"
        if at + PLANT_BEFORE_END < self.desk.end:
            for plant in self.plants:
                plant.try_draft(invoice, self.desk)
        if not invoice.is_skipped:
            self._issue(invoice, at)
            for plant in self.plants:
                for again in plant.further_invoices(invoice, self.desk):
                    again.number = self._number()
                    self._issue(again, again.created)

    def _note_unplanted(self) -> None:
        for plant in self.plants:
            if not plant.is_planted:
                self.desk.truth.skipped.append({"kind": plant.kind, "variant": plant.variant})

    # ------------------------------------------------------------------ invoices
    def _number(self) -> str:
        return f"{self.customer.customer_id[-8:].upper()}-{len(self.invoices) + 1:04}"

    def _draft(self, k: int, created: int | None = None) -> Invoice:
        """The invoice of the end of period k; k = −1 is the first one."""
        s, desk = self.subscription, self.desk
        at = s.bounds[k + 1]
        is_final = k >= 0 and s.cancel_at == at
        has_usage = k >= 0 and not (k == 0 and s.trial_end is not None)
        lines: list[Line] = []
        for item in reversed(s.items):
            if item.quantity is None and has_usage:
                assert item.price.meter is not None
                quantity = desk.quantity(s.streams[item.price.meter], k)
                lines += usage_lines(desk.ids, item, s.bounds[k], at, quantity)
            elif item.quantity is not None and not is_final:
                is_trial = k < 0 and s.trial_end is not None
                lines += recurring_lines(desk.ids, item, at, s.bounds[k + 2], is_trial=is_trial)
        return Invoice(
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

    def _issue(self, invoice: Invoice, at: int) -> None:
        """Make the draft known, finalize it after its hour and collect it."""
        desk = self.desk
        self.invoices.append(invoice)
        desk.account.invoices += 1
        lines = objects.invoice_lines(invoice)
        desk.emit_invoice("invoice.created", invoice, lines, at)
        is_first = invoice.billing_reason == "subscription_create"
        finalized = invoice.created + (0 if is_first else HOUR + int(desk.rng.integers(0, 240)))
        if finalized <= desk.end:
            invoice.finalized_at, invoice.status = finalized, "open"
            invoice.amount_due, invoice.ending_balance = invoice.total, self.balance
            is_small = 0 < invoice.total < MINIMUM_CHARGE[self.customer.currency]
            if is_small:
                self._too_small(invoice, finalized)
            desk.emit_invoice("invoice.finalized", invoice, lines, finalized)
            if desk.rng.random() < _EARLIER_LISTING_SHARE:
                desk.put(self.customer, "zz-earlier-listing/invoice.jsonl", objects.invoice(invoice, lines))
            desk.cashier.collect(invoice, lines, self)
        desk.put(self.customer, "invoice.jsonl.gz", objects.invoice(invoice, lines))

    def _too_small(self, invoice: Invoice, at: int) -> None:
        """Not worth a charge: the amount moves to the customer's balance."""
        self.balance += invoice.total
        invoice.amount_due, invoice.ending_balance = 0, self.balance
        txn = customer_balance_transaction(invoice, self.desk.ids.new("cbtxn"), at, invoice.total, self.balance)
        self.desk.put(self.customer, "customer_balance_transaction.jsonl", txn)

    def receivable(self) -> tuple[int, bool]:
        """(what is open, whether a payment has failed and is open still)."""
        owed = [i for i in self.invoices if i.status == "open"]
        return sum(i.amount_due - i.amount_paid for i in owed), any(i.attempts for i in owed)

    def _list(self) -> None:
        self.desk.put(self.customer, "subscription.jsonl", self._json())

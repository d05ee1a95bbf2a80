"""Stripe's side of a world: writes what it would list and send, and bills customers one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from tieout.simulator import invoice_objects, objects
from tieout.simulator.catalogue import METERS, Catalogue
from tieout.simulator.faults.base import Plant
from tieout.simulator.ids import Ids
from tieout.simulator.invoices import Invoice
from tieout.simulator.landing import Landing
from tieout.simulator.life import Life
from tieout.simulator.money_objects import Movement
from tieout.simulator.payments import Cashier
from tieout.simulator.people import Customer
from tieout.simulator.periods import iso
from tieout.simulator.spec import WorldSpec
from tieout.simulator.truth import Truth
from tieout.simulator.usage import Totals

_TWICE_SHARE = 0.03


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
    """Bills customers. One object for the whole world; what belongs to one customer lives in ``Life``."""

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

    def emit_invoice(self, kind: str, invoice: Invoice, at: int) -> None:
        """Write an invoice's event as it stands now, unless it is one that never arrives."""
        if kind != invoice.ways.hidden_event:
            self.emit(invoice.customer, kind, at, invoice_objects.invoice(invoice))

    # ------------------------------------------------------------------ one customer
    def bill(self, customer: Customer, plants: list[Plant]) -> None:
        """Everything that happens between a customer and Stripe up to the as-of instant."""
        life = Life(self, customer, plants)
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
        for plant in plants:
            plant.at_the_end(customer, self)

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

"""Invoices and their lines as the simulator thinks of them, before they become Stripe's JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tieout.simulator.catalogue import Price, plain, rate
from tieout.simulator.ids import Ids
from tieout.simulator.people import Customer, Item, Subscription


@dataclass
class Line:
    """An invoice line. ``kind``: recurring or usage; ``item_id`` may be one the subscription does not have."""

    line_id: str
    item_id: str
    price: Price
    kind: str
    start: int
    end: int
    quantity: Decimal
    unit: Decimal
    amount: int
    description: str


@dataclass
class Invoice:
    """An invoice through its life; amounts follow from the lines until it is finalized.

    ``period``: number of the subscription's period that ended (0 for the first invoice, which bills no usage).
    ``money``: what happens when it is collected: `normal`, `late`, or one of the ways in which a fault keeps it away.
    """

    invoice_id: str
    customer: Customer
    subscription: Subscription
    billing_reason: str
    number: str
    created: int
    period: int
    period_start: int
    period_end: int
    lines: list[Line]
    is_final: bool = False
    is_skipped: bool = False
    money: str = "normal"
    second_charge_after: int | None = None
    second_charge_id: str | None = None
    touched: set[str] = field(default_factory=set)

    status: str = "draft"
    finalized_at: int | None = None
    paid_at: int | None = None
    amount_due: int = 0
    amount_paid: int = 0
    ending_balance: int | None = None
    attempts: int = 0
    next_attempt: int | None = None
    payment_intent_id: str | None = None
    charge_id: str | None = None

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)

    def group(self, price_id: str, kind: str) -> list[Line]:
        """The line group of a price."""
        return [line for line in self.lines if line.price.price_id == price_id and line.kind == kind]

    def replace_group(self, old: list[Line], new: list[Line]) -> None:
        """Put other lines where a group stood."""
        at = self.lines.index(old[0])
        self.lines = [line for line in self.lines if line not in old]
        self.lines[at:at] = new


def usage_lines(ids: Ids, item: Item, start: int, end: int, quantity: Decimal) -> list[Line]:
    """The lines of a metered item for a period that ended."""
    return [
        Line(ids.new("il"), item.item_id, item.price, "usage", start, end, r.quantity, r.unit, r.amount, r.label)
        for r in rate(item.price, quantity)
    ]


def recurring_lines(
    ids: Ids, item: Item, start: int, end: int, *, is_trial: bool = False, quantity: int | None = None
) -> list[Line]:
    """The lines of a licensed item for a coming period; nothing is charged for a trial."""
    seats = item.quantity if quantity is None else quantity
    assert seats is not None
    if is_trial:
        label, zero = f"Trial period for {item.price.key}", Decimal(0)
        return [Line(ids.new("il"), item.item_id, item.price, "recurring", start, end, Decimal(seats), zero, 0, label)]
    return [
        Line(ids.new("il"), item.item_id, item.price, "recurring", start, end, r.quantity, r.unit, r.amount, r.label)
        for r in rate(item.price, Decimal(seats))
    ]


def quantity_text(quantity: Decimal) -> str:
    """As in `quantity_decimal`."""
    return plain(quantity)

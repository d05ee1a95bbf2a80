"""Invoices and their lines as the simulator thinks of them, before they become Stripe's JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tieout.simulator.catalogue import Price, plain, rate, to_minor
from tieout.simulator.ids import Ids
from tieout.simulator.people import Customer, Item, Subscription
from tieout.simulator.terms import Discount


@dataclass
class Line:
    """An invoice line. ``kind``: recurring, usage, proration_credit, proration_charge or commitment.

    ``item_id`` may be one the subscription does not have; ``pending_id`` is the invoice item a line came from.
    ``credits`` are (credit transaction, amount); discount and credits come off the amount, tax comes on top.
    """

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
    pending_id: str | None = None
    discount: int = 0
    credits: list[tuple[str, int]] = field(default_factory=list)
    tax: int = 0

    @property
    def is_discountable(self) -> bool:
        return self.kind in ("recurring", "usage")

    @property
    def is_proration(self) -> bool:
        return self.kind.startswith("proration")

    @property
    def net(self) -> int:
        return self.amount - self.discount - sum(amount for _, amount in self.credits)


@dataclass
class Ways:
    """How Stripe goes wrong with an invoice after its lines; empty texts are the right way.

    ``money``: what happens when it is collected; ``misstated``: added to its total at
    finalization, and to its subtotal where ``misstates_subtotal``;
    ``hidden_event``: a type that never arrives; ``listed_as``: the status of an older listing that is the last one.
    """

    discount: str = ""
    old_discount: Discount | None = None
    credits: str = ""
    balance: str = ""
    misstated: int = 0
    misstates_subtotal: bool = False
    stuck: str = ""
    currency: str = ""
    money: str = "normal"
    second_charge_after: int | None = None
    refunded: str = ""
    hidden_event: str = ""
    listed_as: str = ""


@dataclass
class Invoice:
    """An invoice through its life; amounts follow from the lines until it is finalized.

    ``period``: number of the subscription's period that ended (−1 for the first invoice, which bills no usage).
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
    ways: Ways = field(default_factory=Ways)
    touched: set[str] = field(default_factory=set)

    discount: Discount | None = None
    status: str = "draft"
    finalized_at: int | None = None
    paid_at: int | None = None
    voided_at: int | None = None
    written_off_at: int | None = None
    due_at: int | None = None
    amount_due: int = 0
    amount_paid: int = 0
    starting_balance: int = 0
    ending_balance: int | None = None
    attempts: int = 0
    next_attempt: int | None = None
    payment_intent_id: str | None = None
    charge_id: str | None = None
    second_charge_id: str | None = None
    refund_id: str | None = None
    money_received: int = 0
    #: What credit notes took off after payment.
    credited_after: int = 0
    #: What a fault made of it, against what was right, once it is known: name → (expected, actual).
    reckoned: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        return self.ways.currency or self.customer.currency

    @property
    def subtotal(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def discounted(self) -> int:
        return sum(line.discount for line in self.lines)

    @property
    def credited(self) -> int:
        return sum(amount for line in self.lines for _, amount in line.credits)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def stated_shift(self) -> int:
        """By how much the stated total is off; a draft still adds up."""
        return 0 if self.finalized_at is None else self.ways.misstated

    @property
    def total_excl_tax(self) -> int:
        return self.subtotal - self.discounted - self.credited + self.stated_shift

    @property
    def total(self) -> int:
        return self.total_excl_tax + self.tax

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


def proration_lines(
    ids: Ids, old: Item, new: Item, at: int, period: tuple[int, int], discount: Discount | None
) -> list[Line]:
    """What a change in the middle of a period gives and takes: the new item's rest first, as Stripe lists it."""
    fraction = Decimal(period[1] - at) / Decimal(period[1] - period[0])
    percent = discount.coupon.percent if discount is not None and discount.is_in_force(at) else None
    kept = 1 - (percent or Decimal(0)) / 100
    out = []
    for item, kind, word in ((new, "proration_charge", "Remaining"), (old, "proration_credit", "Unused")):
        assert item.price.unit is not None
        assert item.quantity is not None
        exact = Decimal(item.quantity) * item.price.unit * kept * fraction
        amount = to_minor(exact) * (-1 if kind == "proration_credit" else 1)
        label = f"{word} time on {item.quantity} x {item.price.key}"
        seats = Decimal(item.quantity)
        out.append(
            Line(ids.new("il"), item.item_id, item.price, kind, at, period[1], seats, item.price.unit, amount, label,
                 ids.new("ii"))
        )  # fmt: skip
    return out


def commitment_line(ids: Ids, currency: str, period: tuple[int, int], shortfall: int) -> Line:
    """The invoice item for what a commitment fell short by; it has no price."""
    nothing = Price("", "commitment", "", currency, "month")
    amount = Decimal(shortfall)
    return Line(
        ids.new("il"), "", nothing, "commitment", *period, Decimal(1), amount, shortfall, "Commitment shortfall",
        ids.new("ii"),
    )  # fmt: skip


def quantity_text(quantity: Decimal) -> str:
    """As in `quantity_decimal`."""
    return plain(quantity)

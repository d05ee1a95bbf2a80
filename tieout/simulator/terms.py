"""What a customer has agreed to beside its plan: coupons, credits, seats that change, commitments, terms of payment.

Decided from random streams of its own, so that people and usage of a seed do not depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tieout.simulator.catalogue import Price
from tieout.simulator.ids import Ids
from tieout.simulator.periods import DAY, HOUR, boundary

if TYPE_CHECKING:
    from tieout.simulator.catalogue import Catalogue
    from tieout.simulator.people import Customer, Subscription
    from tieout.simulator.spec import WorldSpec

_DISCOUNT_SHARE, _GRANT_SHARE, _GOODWILL_SHARE, _CHANGE_SHARE = 0.12, 0.12, 0.06, 0.18
_COMMITMENT_SHARE, _SEND_INVOICE_SHARE, _TAX_SHARE = 0.6, 0.5, 0.6
#: What a plan with a commitment pays a month at the least, in dollars.
_COMMITMENTS: Final = (3200, 5000, 8000)
TAX_PERCENT: Final = Decimal(20)


@dataclass(frozen=True)
class Coupon:
    """``percent`` or ``amount_off`` in minor units of ``currency``; ``months`` is None where it is forever."""

    coupon_id: str
    percent: Decimal | None
    dollars_off: int | None = None
    months: int | None = None


COUPONS: Final = (
    Coupon("STARTUP30", Decimal(30)),
    Coupon("ODD12_5", Decimal("12.5")),
    Coupon("LAUNCH20", Decimal(20), months=2),
    Coupon("FIVEOFF", None, 5),
    Coupon("THREEOFF3", None, 3, 3),
)
#: Its customers had it before the history began.
OLD_COUPON: Final = Coupon("WINTER25", Decimal(25), months=1)


@dataclass(frozen=True)
class Discount:
    """A coupon at work on a subscription, in force in [start, end). ``amount_off``: in the customer's currency."""

    discount_id: str
    coupon: Coupon
    amount_off: int | None
    start: int
    end: int | None

    def is_in_force(self, at: int) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


@dataclass
class Grant:
    """Prepaid or promotional credit. ``left`` is what it still has; ``spent`` what invoices took."""

    grant_id: str
    category: str
    amount: int
    effective: int
    expires: int | None
    priority: int
    price_ids: tuple[str, ...] = ()
    spent: int = 0
    expired: int = 0

    @property
    def left(self) -> int:
        return self.amount - self.spent - self.expired

    def covers(self, price: Price) -> bool:
        return price.meter is not None and (not self.price_ids or price.price_id in self.price_ids)

    def is_eligible(self, period_end: int) -> bool:
        return self.effective <= period_end and (self.expires is None or period_end < self.expires)

    @property
    def order(self) -> tuple[int, int, bool, int]:
        """Which is used first: by priority, expiry, promotional before paid, then the older one."""
        far = 1 << 60
        return self.priority, self.expires or far, self.category == "paid", self.effective


@dataclass(frozen=True)
class Change:
    """In the middle of a period an item gets another quantity or price, prorated on the next invoice."""

    at: int
    item_id: str
    price: Price
    quantity: int


@dataclass
class Terms:
    """All of it for one customer. ``goodwill``: credit that support gave, as (instant, minor units)."""

    discount: Discount | None = None
    grants: list[Grant] = field(default_factory=list)
    goodwill: list[tuple[int, int]] = field(default_factory=list)
    change: Change | None = None
    commitment: int | None = None
    is_sent: bool = False
    tax_percent: Decimal | None = None


class TermsMaker:
    """Gives terms to customers: at random in a world, or because a fault needs them."""

    def __init__(self, spec: WorldSpec, catalogue: Catalogue, name: str = "terms") -> None:
        self.spec, self.catalogue = spec, catalogue
        self.rng, self.ids = spec.rng(name), Ids(spec.rng(f"{name} ids"))

    def _is_chosen(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def plan(self, customers: list[Customer]) -> None:
        """Terms for those who have any."""
        for customer in customers:
            s, terms = customer.subscription, customer.terms
            pays = s.plan.name != "Free"
            if customer.currency == "eur" and self._is_chosen(_TAX_SHARE):
                terms.tax_percent = TAX_PERCENT
            if pays and self._is_chosen(_DISCOUNT_SHARE):
                self.give_discount(customer)
            if pays and s.metered and self._is_chosen(_GRANT_SHARE):
                self.give_grants(customer, int(self.rng.integers(1, 3)))
            if pays and self._is_chosen(_GOODWILL_SHARE):
                self.give_goodwill(customer, int(self.rng.integers(0, len(s.bounds) - 1)))
            if self._is_chosen(_CHANGE_SHARE):
                self.plan_change(customer)
            if s.plan.name == "Enterprise":
                if self._is_chosen(_COMMITMENT_SHARE):
                    self.commit(customer)
                if not s.pays_late and self._is_chosen(_SEND_INVOICE_SHARE):
                    terms.is_sent = True

    def give_discount(self, customer: Customer, coupon: Coupon | None = None) -> None:
        """A coupon from the first second on."""
        start = customer.subscription.created
        percentages = [c for c in COUPONS if c.percent is not None]
        fitting = COUPONS if customer.terms.change is None else percentages
        chosen = coupon or fitting[int(self.rng.integers(0, len(fitting)))]
        customer.terms.discount = self.discount(customer, chosen, start)

    def discount(self, customer: Customer, coupon: Coupon, start: int) -> Discount:
        off = None if coupon.dollars_off is None else self.catalogue.minor(coupon.dollars_off, customer.currency)
        end = None if coupon.months is None else boundary(start, "month", coupon.months)
        return Discount(self.ids.new("di"), coupon, off, start, end)

    def give_grants(self, customer: Customer, count: int, *, dollars: tuple[int, int] = (5, 60)) -> None:
        """Credit for usage: some of it expires within the history, some is for one price only."""
        s = customer.subscription
        for number in range(count):
            expires = None
            if self._is_chosen(0.5):
                expires = s.created + int(self.rng.integers(20, 150)) * DAY + 12 * HOUR
            only = (s.metered[0].price.price_id,) if self._is_chosen(0.3) else ()
            customer.terms.grants.append(
                Grant(
                    self.ids.new("credgr"), "paid" if self._is_chosen(0.5) else "promotional",
                    self.catalogue.minor(int(self.rng.integers(*dollars)), customer.currency), s.created + number,
                    expires, int(self.rng.choice([10, 50])), only,
                )
            )  # fmt: skip

    def give_goodwill(self, customer: Customer, period: int) -> None:
        """Some dollars to the customer's balance, in the middle of a period."""
        bounds = customer.subscription.bounds
        at = bounds[period] + (bounds[period + 1] - bounds[period]) * 2 // 5
        amount = self.catalogue.minor(int(self.rng.integers(3, 10)), customer.currency)
        if at < self.spec.end_s:
            customer.terms.goodwill.append((at, -amount))

    def plan_change(self, customer: Customer, *, period: int | None = None) -> bool:
        """Seats are added or taken away, or a Pro of 2024 moves to today's price; whether there was room for it.

        Not beside a fixed discount: what Stripe does with that inside a proration is not documented.
        """
        s, discount = customer.subscription, customer.terms.discount
        if discount is not None and discount.amount_off is not None:
            return False
        last = len(s.bounds) - (3 if s.cancel_at is not None else 2)
        first = 1 if s.trial_end is not None else 0
        periods = [k for k in range(first, last + 1) if s.bounds[k + 1] + DAY < self.spec.end_s]
        if not periods or s.pays_late or s.plan.name not in ("Pro", "Team", "Enterprise"):
            return False
        k = period if period in periods else int(self.rng.choice(periods))
        item = next(i for i in reversed(s.items) if i.quantity is not None)
        assert item.quantity is not None
        at = s.bounds[k] + int((0.15 + 0.6 * self.rng.random()) * (s.bounds[k + 1] - s.bounds[k]))
        if s.plan.name == "Pro":
            today, old = item.price, self.catalogue.price("pro_month_2024", customer.currency)
            item.price = old
            customer.terms.change = Change(at, item.item_id, today, item.quantity)
        else:
            more = int(self.rng.integers(1, 6))
            fewer = self._is_chosen(0.35) and item.quantity > more
            customer.terms.change = Change(at, item.item_id, item.price, item.quantity + (-more if fewer else more))
        return True

    def commit(self, customer: Customer, *, above: int = 0) -> None:
        """A commitment of the contract; ``above`` what is paid anyway, in minor units."""
        choices = [self.catalogue.minor(d, customer.currency) for d in _COMMITMENTS]
        amount = int(self.rng.choice(choices))
        while amount <= above:
            amount += choices[0]
        customer.terms.commitment = amount


def without_change(subscription: Subscription, terms: Terms) -> None:
    """Take a planned change back; the subscription then has today's terms from the start."""
    if terms.change is None:
        return
    for item in subscription.items:
        if item.item_id == terms.change.item_id:
            item.price, item.quantity = terms.change.price, terms.change.quantity
    terms.change = None

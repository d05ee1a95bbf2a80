"""What the reference rater rates: a subscription's history, its prices, usage, discounts, credits and commitment.

All instants are whole Unix seconds in UTC, all money is in minor units, all quantities are Decimal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Tier:
    """One tier: inclusive upper bound in units (None: without end), unit amount, flat amount (None: has none)."""

    up_to: int | None
    unit: Decimal
    flat: Decimal | None = None


@dataclass(frozen=True)
class Price:
    """A recurring price. `tiers_mode` None means per unit; `divide_by` makes packages of that many units.

    Amounts are in the subscription's currency; `is_option` says that they stand among the `currency_options` of a price
    that is itself in another currency.
    """

    price_id: str
    product_id: str
    usage_type: str
    unit: Decimal | None = None
    tiers_mode: str | None = None
    tiers: tuple[Tier, ...] = ()
    divide_by: int | None = None
    round_up: bool = True
    interval: str = "month"
    interval_count: int = 1
    meter: str | None = None
    is_option: bool = False


@dataclass(frozen=True)
class Item:
    """A subscription item; quantity is None for metered prices."""

    item_id: str
    created: int
    price: Price
    quantity: int | None = None


@dataclass(frozen=True)
class Discount:
    """A discount: percent or amount off, from start up to end (None: open), for some products (empty: all).

    `is_option`: the amount stands among the `currency_options` of a coupon that is itself in another currency.
    """

    discount_id: str
    start: int
    end: int | None
    duration: str
    percent: Decimal | None = None
    amount: int | None = None
    products: tuple[str, ...] = ()
    is_option: bool = False


@dataclass(frozen=True)
class State:
    """The subscription from an instant on: items in the order of items.data, and how this change is prorated."""

    at: int
    items: tuple[Item, ...]
    proration: str = "create_prorations"
    discounts: tuple[Discount, ...] = ()
    anchor: int = 0


@dataclass(frozen=True)
class Grant:
    """A credit grant for metered lines, or for the lines of some prices (empty: all metered ones)."""

    grant_id: str
    amount: int
    effective: int
    created: int
    expires: int | None = None
    priority: int = 50
    category: str = "paid"
    price_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Commitment:
    """What a contract promises per billing period, for periods that begin from `since` on and end by `until`."""

    since: int
    amount: int
    until: int | None = None


@dataclass(frozen=True)
class Usage:
    """One usage event: when it occurred, when it was received, the meter and the value."""

    event_id: str
    meter: str
    at: int
    received: int
    value: Decimal


@dataclass(frozen=True)
class History:
    """One customer with one subscription, and all that its invoices depend on.

    `balance` is the customer's at the beginning, in Stripe's sign: negative is credit.
    """

    subscription_id: str
    customer_id: str
    states: tuple[State, ...]
    trial_end: int | None = None
    ended: int | None = None
    end_proration: str = "none"
    is_cancel_at_period_end: bool = False
    billing_mode: str = "classic"
    formulas: dict[str, str] = field(default_factory=dict)
    usage: tuple[Usage, ...] = ()
    grants: tuple[Grant, ...] = ()
    currency: str = "usd"
    collection_method: str = "charge_automatically"
    balance: int = 0
    commitments: tuple[Commitment, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line as Stripe would write it: one per tier. `quantity` is in units, 0 for a flat part."""

    kind: str
    item_id: str | None
    price_id: str | None
    product_id: str
    start: int
    end: int
    quantity: Decimal
    amount: int


@dataclass(frozen=True)
class Settlement:
    """The customer balance before and after an invoice, and what the invoice asks for."""

    balance_before: int
    balance_after: int
    due: int


@dataclass(frozen=True)
class Invoice:
    """An expected invoice: lines in Stripe's order, what discounts take off each of them, and what grants pay."""

    subscription_id: str
    number: int
    reason: str
    due: int
    period_start: int
    period_end: int
    created: int
    finalized: int
    lines: tuple[Line, ...]
    line_discounts: tuple[int, ...]
    credits: tuple[tuple[str, int], ...] = ()
    settlement: Settlement | None = None

    @property
    def subtotal(self) -> int:
        """Sum of the lines, in minor units."""
        return sum(line.amount for line in self.lines)

    @property
    def discount(self) -> int:
        """Sum of what discounts take off, in minor units."""
        return sum(self.line_discounts)

    @property
    def total(self) -> int:
        """What is left of the lines, without tax, in minor units."""
        return self.subtotal - self.discount - self.credit

    @property
    def credit(self) -> int:
        """Sum of what credit grants pay, in minor units."""
        return sum(amount for _, amount in self.credits)

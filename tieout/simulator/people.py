"""Customers, what they subscribe to and when: the plan of the world before anything happens in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tieout.simulator.catalogue import CURRENCIES, PLANS, Catalogue, Plan, Price
from tieout.simulator.ids import Ids
from tieout.simulator.periods import DAY, boundaries
from tieout.simulator.spec import WorldSpec
from tieout.simulator.terms import Terms

_FIRST: Final = """
    Acme Amber Aster Birch Cedar Cinder Cobalt Copper Coral Delta Drift Ember Falcon Fern Flint Granite
    Harbor Hazel Indigo Ivory Juniper Kestrel Lumen Maple Meridian Mosaic Nimbus North Oak Onyx Orchid
    Otter Pixel Prairie Quartz Raven Ridge River Saffron Sierra Solstice Summit Tandem Thistle Tundra
    Umber Vale Velvet Vertex Willow Wren Zephyr
""".split()
_LAST: Final = """
    AI Analytics Apps Bank Bio Capital Cloud Commerce Data Design Energy Foods Freight Games Health
    Insurance Labs Law Learning Logistics Media Mobility Music Networks Partners Payments Pharma Press
    Research Retail Robotics Security Software Space Sports Studio Systems Travel Ventures Works
""".split()
_CURRENCY_SHARE: Final = (("usd", 0.80), ("eur", 0.14), ("jpy", 0.06))
_TRIAL_SHARE, _CANCEL_SHARE, _FAILING_SHARE, _MONTH_END_SHARE = 0.12, 0.08, 0.08, 0.06
#: Customers whose meter summaries are one per day instead of one per billing period.
DAILY_SUMMARIES_EVERY, DAILY_SUMMARIES_MAX = 6, 500
_TRIAL_DAYS: Final = (7, 14)


@dataclass
class Item:
    """A subscription item; ``quantity`` is None for a metered one."""

    item_id: str
    price: Price
    quantity: int | None


@dataclass
class Subscription:
    """A subscription and its whole planned life. ``bounds``: its period boundaries, the trial's end among them."""

    subscription_id: str
    plan: Plan
    items: list[Item]
    created: int
    trial_end: int | None
    bounds: list[int]
    cancel_asked: int | None = None
    cancel_at: int | None = None
    pays_late: bool = False
    streams: dict[str, int] = field(default_factory=dict)
    #: When an item was changed, and (quantity, price) that it had before.
    changed_at: int | None = None
    before: tuple[int, Price] | None = None

    @property
    def anchor(self) -> int:
        return self.trial_end if self.trial_end is not None else self.created

    @property
    def metered(self) -> list[Item]:
        return [i for i in self.items if i.price.meter is not None]

    def item(self, item_id: str) -> Item:
        """The item with that id."""
        return next(i for i in self.items if i.item_id == item_id)

    def period_of(self, instant_s: int) -> int:
        """The number of the period that holds the instant."""
        return max(k for k, start in enumerate(self.bounds) if start <= instant_s)


@dataclass
class Customer:
    """A customer with its one subscription."""

    customer_id: str
    number: int
    name: str
    currency: str
    created: int
    api: str
    subscription: Subscription
    account_id: str | None = None
    contract_id: str | None = None
    usage_by_account: float = 0.0
    #: How a fault has the contract written, and a second contract that nothing bills.
    contract_way: str = ""
    further_contract: str = ""
    has_daily_summaries: bool = False
    begin_s: int = 0
    end_s: int = 0
    terms: Terms = field(default_factory=Terms)


@dataclass
class Streams:
    """Where usage comes from: one row per customer and meter, as arrays of one length.

    ``rate`` is relative; ``bounds`` are the subscription's period boundaries, padded with the far future.
    """

    customer: np.ndarray
    meter: np.ndarray
    start: np.ndarray
    end: np.ndarray
    rate: np.ndarray
    bounds: np.ndarray


def plan_people(spec: WorldSpec, catalogue: Catalogue) -> list[Customer]:
    """All customers of the world; whoever is early in the list is no different from whoever is late."""
    rng, ids = spec.rng("people"), Ids(spec.rng("people ids"))
    names = rng.integers(0, len(_FIRST) * len(_LAST), size=spec.customers)
    currencies = rng.choice([c for c, _ in _CURRENCY_SHARE], p=[p for _, p in _CURRENCY_SHARE], size=spec.customers)
    plans = rng.choice(len(PLANS), p=[p.share for p in PLANS], size=spec.customers)
    assert set(currencies) <= set(CURRENCIES)
    out = []
    for n in range(spec.customers):
        first, last = divmod(int(names[n]), len(_LAST))
        api = spec.api if spec.api != "mixed" else ("basil", "legacy")[n % 2]
        created = _start(spec, rng)
        subscription = _subscribe(spec, rng, ids, catalogue, PLANS[plans[n]], str(currencies[n]), created, api)
        customer = Customer(
            customer_id=ids.new("cus"),
            number=n + 1,
            name=f"{_FIRST[first]} {_LAST[last]}",
            currency=str(currencies[n]),
            created=created,
            api=api,
            subscription=subscription,
            has_daily_summaries=n % DAILY_SUMMARIES_EVERY == 0 and n // DAILY_SUMMARIES_EVERY < DAILY_SUMMARIES_MAX,
            begin_s=spec.begin_s,
            end_s=spec.end_s,
        )
        if subscription.plan.name == "Enterprise" or (subscription.plan.name == "Team" and rng.random() < 0.3):
            customer.contract_id = f"ctr_{n + 1}"
            customer.account_id = f"acct-{_FIRST[first]}-{_LAST[last]}-{n + 1}".lower()
            customer.usage_by_account = float(rng.choice([0.0, 0.5, 1.0]))
        out.append(customer)
    return out


def _start(spec: WorldSpec, rng: np.random.Generator) -> int:
    """Most sign up in the first weeks of the history, the rest up to its end."""
    if spec.renews_together:
        return spec.begin_s + 4 * DAY + int(rng.integers(0, 600))
    span = spec.end_s - spec.begin_s
    early = rng.random() < 0.7
    offset = rng.random() * (min(25 * DAY, span * 0.6) if early else span * 0.95)
    created = spec.begin_s + int(offset)
    if rng.random() < _MONTH_END_SHARE and spec.begin_s + 30 * DAY + 23 * 3600 < spec.end_s:
        created = spec.begin_s + 30 * DAY + created % DAY
    return min(created, spec.end_s - 60)


def _subscribe(
    spec: WorldSpec,
    rng: np.random.Generator,
    ids: Ids,
    catalogue: Catalogue,
    plan: Plan,
    currency: str,
    created: int,
    api: str,
) -> Subscription:
    items = []
    for position, key in enumerate((*plan.licensed, *plan.metered)):
        if key == "agent_hours" and api == "legacy":
            continue  # the old shape has no decimal quantities
        is_seat = position == len(plan.licensed) - 1
        quantity = int(rng.integers(plan.seats[0], plan.seats[1] + 1)) if is_seat else 1
        items.append(Item(ids.new("si"), catalogue.price(key, currency), None if key in plan.metered else quantity))
    trial_end = None
    if plan.name in ("Pro", "Ultra", "Team") and rng.random() < _TRIAL_SHARE:
        trial_end = created + int(rng.choice(_TRIAL_DAYS)) * DAY
    anchored = boundaries(trial_end if trial_end is not None else created, plan.interval, spec.end_s)
    bounds = anchored if trial_end is None else [created, *anchored]
    subscription = Subscription(ids.new("sub"), plan, items, created, trial_end, bounds)
    _end(spec, rng, subscription)
    subscription.pays_late = (
        plan.interval == "month"
        and plan.name != "Free"
        and not subscription.cancel_at
        and rng.random() < _FAILING_SHARE
    )
    return subscription


def _end(spec: WorldSpec, rng: np.random.Generator, subscription: Subscription) -> None:
    """Some ask to cancel; it takes effect at the end of the period in which they ask, never in the trial."""
    if rng.random() >= _CANCEL_SHARE or subscription.plan.interval == "year":
        return
    first = 2 if subscription.trial_end is not None else 1
    ends = [k for k in range(first, len(subscription.bounds)) if subscription.bounds[k] < spec.end_s + 20 * DAY]
    if not ends:
        return
    k = int(rng.choice(ends))
    start, end = subscription.bounds[k - 1], subscription.bounds[k]
    asked = start + int((0.1 + 0.8 * rng.random()) * (end - start))
    if asked < spec.end_s:
        subscription.cancel_asked, subscription.cancel_at = asked, end
        subscription.bounds = subscription.bounds[: k + 1]


def usage_streams(spec: WorldSpec, customers: list[Customer], meters: tuple[str, ...]) -> Streams:
    """The streams of all metered items; each subscription learns which are its own."""
    rng = spec.rng("streams")
    owner: list[int] = []
    meter: list[int] = []
    start: list[int] = []
    end: list[int] = []
    rate: list[float] = []
    bounds: list[list[int]] = []
    for n, customer in enumerate(customers):
        subscription = customer.subscription
        level = subscription.plan.volume * float(rng.lognormal(0.0, 0.6))
        for item in subscription.metered:
            assert item.price.meter is not None
            subscription.streams[item.price.meter] = len(owner)
            owner.append(n)
            meter.append(meters.index(item.price.meter))
            start.append(subscription.created)
            end.append(min(subscription.cancel_at or spec.end_s, spec.end_s))
            rate.append(level * float(rng.lognormal(0.0, 0.3)))
            bounds.append(subscription.bounds)
    width = max((len(b) for b in bounds), default=1) + 1
    table = np.full((len(bounds), width), np.iinfo(np.int64).max, dtype=np.int64)
    for row, own in enumerate(bounds):
        table[row, : len(own)] = own
    return Streams(
        customer=np.array(owner, dtype=np.int64),
        meter=np.array(meter, dtype=np.int64),
        start=np.array(start, dtype=np.int64),
        end=np.array(end, dtype=np.int64),
        rate=np.array(rate, dtype=np.float64),
        bounds=table,
    )

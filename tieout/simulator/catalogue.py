"""What the company sells: meters, prices, plans, and its own way to rate a quantity."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

#: Price list instants are long before any history.
CATALOGUE_CREATED: Final = 1_704_067_200

#: What one dollar is, in the smallest unit of the currency.
CURRENCIES: Final = {"usd": Decimal(100), "eur": Decimal(90), "jpy": Decimal(150)}
MINIMUM_CHARGE: Final = {"usd": 50, "eur": 50, "jpy": 50}


@dataclass(frozen=True)
class Meter:
    """A billing meter. ``decimals``: of its values; ``typical``: the median value of an event, in whole units."""

    event_name: str
    formula: str = "sum"
    decimals: int = 0
    typical: float = 1.0
    has_model: bool = True

    @property
    def meter_id(self) -> str:
        return f"mtr_{self.event_name}"


METERS: Final = {
    m.event_name: m
    for m in (
        Meter("premium_requests", typical=16),
        Meter("tokens_large", typical=900),
        Meter("tokens_small", typical=2500),
        Meter("agent_hours", decimals=3, typical=1.2, has_model=False),
        Meter("api_calls", formula="count", typical=1, has_model=False),
    )
}
METER_NAMES: Final = tuple(METERS)


@dataclass(frozen=True)
class Tier:
    """``up_to`` inclusive, None is without end; amounts in minor units."""

    up_to: int | None
    unit: Decimal
    flat: int | None = None


@dataclass(frozen=True)
class Price:
    """A price in one currency. ``unit`` in minor units, or None where it is tiered."""

    price_id: str
    key: str
    product: str
    currency: str
    interval: str
    meter: str | None = None
    unit: Decimal | None = None
    tiers: tuple[Tier, ...] = ()

    @property
    def included(self) -> int | None:
        """Units of a free first tier."""
        first = self.tiers[0] if self.tiers else None
        return first.up_to if first and first.unit == 0 and not first.flat else None


@dataclass(frozen=True)
class RatedLine:
    """One invoice line of a rated quantity."""

    quantity: Decimal
    amount: int
    unit: Decimal
    label: str


def plain(value: Decimal) -> str:
    """Digits without an exponent and without trailing zeros: 5E+2 → 500, 1.50 → 1.5."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def to_minor(amount: Decimal) -> int:
    """Half away from zero, once."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def rate(price: Price, quantity: Decimal) -> list[RatedLine]:
    """The lines Stripe writes: one per tier reached, and one more for a tier's flat part."""
    if price.unit is not None:
        return [RatedLine(quantity, to_minor(quantity * price.unit), price.unit, f"{plain(quantity)} x {price.key}")]
    lines, low = [], Decimal(0)
    for number, tier in enumerate(price.tiers, 1):
        if number > 1 and quantity <= low:
            break
        top = quantity if tier.up_to is None else min(quantity, Decimal(tier.up_to))
        units = max(top - low, Decimal(0))
        label = f"{plain(units)} x {price.key} Tier {number}"
        lines.append(RatedLine(units, to_minor(units * tier.unit), tier.unit, label))
        if tier.flat is not None:
            lines.append(RatedLine(Decimal(0), tier.flat, Decimal(tier.flat), f"{label} flat fee"))
        low = Decimal(tier.up_to) if tier.up_to is not None else low
    return lines


@dataclass(frozen=True)
class Plan:
    """Price keys of a subscription: those with seats first, then the metered ones."""

    name: str
    interval: str
    licensed: tuple[str, ...]
    metered: tuple[str, ...]
    share: float
    seats: tuple[int, int] = (1, 1)
    volume: float = 1.0


#: share: of all customers; volume: how much its customers use, against the average.
PLANS: Final = (
    Plan("Free", "month", ("free_month",), ("requests_free",), 0.16, volume=0.3),
    Plan("Pro", "month", ("pro_month",), ("requests_pro", "tokens_small", "tokens_large"), 0.40),
    Plan("Pro yearly", "year", ("pro_year",), (), 0.05),
    Plan("Pro weekly", "week", ("pro_week",), ("requests_week",), 0.04, volume=0.5),
    Plan("Ultra", "month", ("ultra_month",), ("requests_pro", "tokens_small", "tokens_large", "agent_hours"), 0.08,
         volume=1.6),
    Plan("Team", "month", ("team_seat",), ("requests_team", "tokens_large", "api_calls"), 0.21, (3, 40), 1.8),
    Plan(
        "Enterprise",
        "month",
        ("ent_platform", "ent_seat"),
        ("requests_ent", "tokens_large", "agent_hours"),
        0.06,
        (20, 120),
        4.0,
    ),
)  # fmt: skip

_UNIT_PRICES: Final = (  # key, product, interval, meter, dollars a unit
    ("free_month", "free", "month", None, "0"),
    ("pro_month", "pro", "month", None, "20"),
    ("pro_month_2024", "pro", "month", None, "18"),
    ("pro_week", "pro", "week", None, "6"),
    ("pro_year", "pro", "year", None, "192"),
    ("ultra_month", "ultra", "month", None, "60"),
    ("team_seat", "team", "month", None, "40"),
    ("team_seat_2024", "team", "month", None, "32"),
    ("ent_platform", "enterprise", "month", None, "2000"),
    ("ent_seat", "enterprise", "month", None, "30"),
    ("privacy_addon", "privacy", "month", None, "10"),
    ("requests_free", "requests", "month", "premium_requests", "0"),
    ("tokens_large", "tokens", "month", "tokens_large", "0.000015"),
    ("tokens_small", "tokens", "month", "tokens_small", "0.000003"),
    ("agent_hours", "agents", "month", "agent_hours", "1.505"),
    ("api_calls", "api", "month", "api_calls", "0.005"),
)
_TIER_PRICES: Final = (  # key, product, interval, meter, (up to, dollars a unit, flat dollars or None)
    ("requests_pro", "requests", "month", "premium_requests", ((500, "0", None), (None, "0.04", None))),
    ("requests_week", "requests", "week", "premium_requests", ((100, "0", None), (None, "0.04", None))),
    (
        "requests_team",
        "requests",
        "month",
        "premium_requests",
        ((1000, "0", None), (2000, "0.04", None), (None, "0.035", None)),
    ),
    (
        "requests_ent",
        "requests",
        "month",
        "premium_requests",
        ((2000, "0", None), (3000, "0.03", "5"), (None, "0.0225", None)),
    ),
)
PRODUCTS: Final = {
    "free": "Free",
    "pro": "Pro",
    "ultra": "Ultra",
    "team": "Team",
    "enterprise": "Enterprise",
    "privacy": "Privacy mode",
    "requests": "Premium requests",
    "tokens": "Model tokens",
    "agents": "Background agents",
    "api": "Indexing API",
}


@dataclass(frozen=True)
class Catalogue:
    """All prices by (key, currency)."""

    prices: dict[tuple[str, str], Price] = field(default_factory=dict)

    def price(self, key: str, currency: str) -> Price:
        return self.prices[key, currency]

    @staticmethod
    def minor(dollars: int, currency: str) -> int:
        """Whole dollars in the smallest unit of a currency."""
        return int(dollars * CURRENCIES[currency])


def _plain(value: Decimal) -> Decimal:
    return Decimal(plain(value))


def make_catalogue() -> Catalogue:
    """The price list in every currency."""
    prices: dict[tuple[str, str], Price] = {}
    for currency, dollar in CURRENCIES.items():
        for key, product, interval, meter, dollars in _UNIT_PRICES:
            unit = _plain(Decimal(dollars) * dollar)
            prices[key, currency] = Price(f"price_{key}_{currency}", key, product, currency, interval, meter, unit)
        for key, product, interval, meter, rows in _TIER_PRICES:
            tiers = tuple(
                Tier(up_to, _plain(Decimal(unit) * dollar), None if flat is None else to_minor(Decimal(flat) * dollar))
                for up_to, unit, flat in rows
            )
            price_id = f"price_{key}_{currency}"
            prices[key, currency] = Price(price_id, key, product, currency, interval, meter, None, tiers)
    return Catalogue(prices)

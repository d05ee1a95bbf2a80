"""Monthly recurring revenue: licensed, running, per month, running percentages off, rounded per item."""

from __future__ import annotations

from typing import Any

import pytest

from tests.models.stripe.landed import START, Landings, Line, subscription

MODELS = [
    "int_customers_current",
    "int_subscriptions_current",
    "int_prices_current",
    "int_coupons_current",
    "int_discounts_current",
    "int_price_tiers",
    "int_mrr_by_customer",
]


def price(interval: str = "month", count: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": "price_1",
        "object": "price",
        "currency": "usd",
        "type": "recurring",
        "billing_scheme": "per_unit",
        "unit_amount_decimal": "1000",
        "product": "prod_1",
        "recurring": {"interval": interval, "interval_count": count, "usage_type": "licensed"},
        **changes,
    }


def coupon(percent: float, duration: str = "forever", **changes: Any) -> dict[str, Any]:
    return {"id": f"C{percent}", "object": "coupon", "percent_off": percent, "duration": duration, **changes}


def discount(of: dict[str, Any], end: int | None = None) -> dict[str, Any]:
    return {"id": f"di_{of['id']}", "object": "discount", "coupon": of, "start": START, "end": end}


TIERS = [
    {"up_to": 2, "unit_amount_decimal": "500", "flat_amount": 100},
    {"up_to": None, "unit_amount_decimal": "300"},
]
METERED = {"interval": "month", "interval_count": 1, "usage_type": "metered"}

CASES: dict[str, tuple[list[Line], int | None]] = {
    "monthly": ([price(), subscription(quantity=3)], 3000),
    "more_than_a_million": ([price("year", unit_amount_decimal="12000000.5"), subscription(quantity=2)], 2000000),
    "past_due": ([price(), subscription(status="past_due")], 1000),
    "on_trial": ([price(), subscription(status="trialing")], None),
    "ended": ([price(), subscription(status="canceled")], None),
    "yearly_rounded_half_up": ([price("year", unit_amount_decimal="1002"), subscription()], 84),
    "weekly": ([price("week"), subscription()], 4333),
    "every_three_months": ([price("month", 3), subscription(quantity=2)], 667),
    "metered": ([price(recurring=METERED), subscription()], None),
    "volume": ([price(billing_scheme="tiered", tiers_mode="volume", tiers=TIERS), subscription(quantity=3)], 900),
    "graduated": (
        [price(billing_scheme="tiered", tiers_mode="graduated", tiers=TIERS), subscription(quantity=3)],
        1400,
    ),
    "packages": ([price(transform_quantity={"divide_by": 10, "round": "up"}), subscription(quantity=25)], 3000),
    "percentage": ([price(), subscription(discounts=[discount(coupon(12.5))])], 875),
    "two_percentages": ([price(), subscription(discounts=[discount(coupon(10)), discount(coupon(50))])], 450),
    "percentage_over": ([price(), subscription(discounts=[discount(coupon(50, "repeating"), START + 5)])], 1000),
    "percentage_once": ([price(), subscription(discounts=[discount(coupon(50, "once"))])], 1000),
    "percentage_of_another_product": (
        [price(), subscription(discounts=[discount(coupon(50, applies_to={"products": ["prod_2"]}))])],
        1000,
    ),
    "of_the_customer": (
        [
            price(),
            subscription(),
            {"id": "cus_1", "object": "customer", "created": 1, "discount": discount(coupon(50))},
        ],
        500,
    ),
}


@pytest.fixture(scope="module")
def landings() -> Landings:
    return Landings({name: [lines] for name, (lines, _) in CASES.items()})


@pytest.mark.parametrize("name", CASES)
def test_revenue_per_month(name: str, landings: Landings) -> None:
    rows = landings.models(name, MODELS).connection.execute("select mrr_minor from int_mrr_by_customer").fetchall()
    assert rows == ([] if CASES[name][1] is None else [(CASES[name][1],)])

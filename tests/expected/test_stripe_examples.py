"""Every figure that Stripe documents or that was recorded from it comes out exact, through landing and SQL.

The figures lie in `golden/stripe_examples/examples.json`, with their sources; billing thresholds are left out.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.expected.conftest import BuildHistories, Computed
from tests.reference.histories import Discount, History, Item, Price, State, Tier, Usage

EXAMPLES = json.loads((Path(__file__).parents[1] / "golden" / "stripe_examples" / "examples.json").read_text())
DOCUMENTED: dict[str, dict[str, Any]] = {one["kind"]: one for one in EXAMPLES["documented"]}
DAY = 86_400


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[misc,arg-type]


AS_OF = at(2026, 8, 1)
pytestmark = pytest.mark.slow
Built = dict[tuple[str, str, int], Computed]


def licensed(name: str, unit: int | str, interval: str = "month", count: int = 1) -> Price:
    return Price(name, f"prod_{name}", "licensed", Decimal(unit), interval=interval, interval_count=count)


def tiers_of(example: dict[str, Any]) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            None if tier["up_to"] == "inf" else tier["up_to"],
            Decimal(str(tier.get("unit", 0))),
            Decimal(str(tier["flat"])) if "flat" in tier else None,
        )
        for tier in example["tiers"]
    )


def metered(name: str, start: int, end: int, price: Price, quantity: int) -> History:
    """One metered item whose only usage falls into [start, end); cancelled at the end."""
    usage = (Usage(f"ue_{name}", "units", start + 60, start + 61, Decimal(quantity)),) if quantity else ()
    return History(
        f"sub_{name}",
        f"cus_{name}",
        (State(start, (Item(f"si_{name}", start, price),), anchor=start),),
        ended=end,
        is_cancel_at_period_end=True,
        formulas={"units": "sum"},
        usage=usage,
    )


def changing(
    name: str, states: list[State], ended: int, mode: str = "classic", usage: tuple[Usage, ...] = ()
) -> History:
    return History(
        f"sub_{name}",
        f"cus_{name}",
        tuple(states),
        ended=ended,
        is_cancel_at_period_end=True,
        billing_mode=mode,
        formulas={"units": "sum"},
        usage=usage,
    )


# ---------------------------------------------------------------------------- the examples as histories
MAY, JUNE, JULY = at(2026, 5, 1), at(2026, 6, 1), at(2026, 7, 1)
APRIL = at(2026, 4, 1)
TIERED = ("volume", "graduated", "volume+flat", "volume with threshold")


def tiered_histories() -> list[History]:
    found = []
    for kind in TIERED:
        mode = "graduated" if kind == "graduated" else "volume"
        for quantity in DOCUMENTED[kind]["cases"]:
            name = f"{kind.replace(' ', '_').replace('+', '_')}_{quantity}"
            price = Price(
                f"price_{name}", "prod_a", "metered", tiers_mode=mode, tiers=tiers_of(DOCUMENTED[kind]), meter="units"
            )
            found.append(metered(name, MAY, JUNE, price, int(quantity)))
    return found


def decimal_history() -> History:
    example = DOCUMENTED["per_unit decimal"]
    price = Price("price_decimal", "prod_a", "metered", Decimal(example["unit_amount_decimal"]), meter="units")
    return metered("decimal", MAY, JUNE, price, example["quantity"])


def zero_usage_history() -> History:
    example = EXAMPLES["recorded_zero_usage_flat_tier"]
    price = Price("price_zero", "prod_a", "metered", tiers_mode="graduated", tiers=tiers_of(example), meter="units")
    return metered("zero", MAY, JUNE, price, example["usage"])


def preview_history() -> History:
    example = DOCUMENTED["preview invoice"]
    start, end = example["period"]
    old, new = licensed("preview_old", example["old_unit"]), licensed("preview_new", example["new_unit"])
    states = [
        State(start, (Item("si_preview", start, old, 1),), anchor=start),
        State(example["proration_date"], (Item("si_preview", start, new, 1),), anchor=start),
    ]
    return changing("preview", states, end + 31 * DAY)


def none_then_immediate(mode: str) -> History:
    example = DOCUMENTED["upgrade none at 1/3, downgrade always_invoice at 2/3 of a 30-day month"]
    name = f"thirds_{mode}"
    old, new = licensed(f"{name}_old", example["old"]), licensed(f"{name}_new", example["new"])
    states = [
        State(APRIL, (Item(f"si_{name}", APRIL, old, 1),), anchor=APRIL),
        State(APRIL + 10 * DAY, (Item(f"si_{name}", APRIL, new, 1),), "none", anchor=APRIL),
        State(APRIL + 20 * DAY, (Item(f"si_{name}", APRIL, old, 1),), "always_invoice", anchor=APRIL),
    ]
    return changing(name, states, MAY, mode)


def amount_off_history(mode: str) -> History:
    name = f"amount_off_{mode}"
    running = (Discount(f"di_{name}", APRIL, None, "forever", amount=500),)
    ten, twenty = licensed(f"{name}_ten", 1000), licensed(f"{name}_twenty", 2000)
    items = (Item(f"si_{name}_ten", APRIL, ten, 1), Item(f"si_{name}_twenty", APRIL, twenty, 1))
    states = [
        State(APRIL, items, discounts=running, anchor=APRIL),
        State(APRIL + 15 * DAY, items[1:], "always_invoice", running, anchor=APRIL),
    ]
    return changing(name, states, MAY, mode)


def price_change_history(mode: str) -> History:
    name = f"calls_{mode}"
    cheap = Price(f"price_{name}_10", "prod_a", "metered", Decimal(10), divide_by=100, meter="units")
    dear = Price(f"price_{name}_15", "prod_a", "metered", Decimal(15), divide_by=100, meter="units")
    states = [
        State(APRIL, (Item(f"si_{name}", APRIL, cheap),), anchor=APRIL),
        State(APRIL + 15 * DAY, (Item(f"si_{name}", APRIL, dear),), anchor=APRIL),
    ]
    usage = (
        Usage(f"ue_{name}_1", "units", APRIL + DAY, APRIL + DAY, Decimal(1000)),
        Usage(f"ue_{name}_2", "units", APRIL + 20 * DAY, APRIL + 20 * DAY, Decimal(500)),
    )
    return changing(name, states, MAY, mode, usage)


def month_end_history() -> History:
    start = at(2026, 1, 31, 10)
    return changing("month_end", [State(start, (Item("si_me", start, licensed("me", 100), 1),), anchor=start)], JULY)


def future_anchor_history() -> History:
    start, anchor = at(2026, 2, 10), at(2026, 8, 31)
    item = Item("si_fa", start, licensed("fa", 5900, count=2), 1)
    return changing("future_anchor", [State(start, (item,), anchor=anchor)], JULY)


def recorded_histories() -> list[History]:
    found = []
    for number, line in enumerate(EXAMPLES["recorded_proration_lines"]):
        name = f"recorded_{number}"
        start, end, change = line["end"] - line["period_seconds"], line["end"], line["start"]
        interval = "year" if line["period_seconds"] > 400 * DAY // 2 else "month"
        price = licensed(name, line["unit"], interval)
        rest = Item(f"si_{name}_rest", start, licensed(f"{name}_rest", 0, interval), 1)
        item = Item(f"si_{name}", start if line["amount"] < 0 else change, price, line["qty"])
        before, after = ((rest, item), (rest,)) if line["amount"] < 0 else ((rest,), (rest, item))
        states = [State(start, before, anchor=start), State(change, after, "always_invoice", anchor=start)]
        found.append(changing(name, states, end))
    return found


@pytest.fixture(scope="module")
def built(build_histories: BuildHistories) -> Built:
    histories = [
        *tiered_histories(),
        decimal_history(),
        zero_usage_history(),
        preview_history(),
        *(make(mode) for make in (none_then_immediate, amount_off_history, price_change_history) for mode in MODES),
        month_end_history(),
        future_anchor_history(),
        *recorded_histories(),
    ]
    _, expected = build_histories(histories, AS_OF)
    return expected.invoices()


MODES = ("classic", "flexible")


def amounts(built: Built, subscription: str, reason: str, due: int) -> list[int | None]:
    """Amounts of the invoice's line groups: charges and credits, then the rest, as Stripe lists them."""
    groups = built[f"sub_{subscription}", reason, due].groups
    return sorted((amount for _, amount in groups.values()), key=lambda amount: amount or 0)


# ---------------------------------------------------------------------------- what they must come to
@pytest.mark.parametrize("kind", TIERED)
def test_tiers_come_to_what_is_documented(built: Built, kind: str) -> None:
    name = kind.replace(" ", "_").replace("+", "_")
    got = {quantity: built[f"sub_{name}_{quantity}", "cancel", JUNE].subtotal for quantity in DOCUMENTED[kind]["cases"]}
    assert got == DOCUMENTED[kind]["cases"]


def test_a_line_is_rounded_once_after_multiplying(built: Built) -> None:
    assert built["sub_decimal", "cancel", JUNE].subtotal == DOCUMENTED["per_unit decimal"]["line_amount"]


def test_the_first_tiers_flat_amount_is_charged_without_usage(built: Built) -> None:
    assert built["sub_zero", "cancel", JUNE].subtotal == EXAMPLES["recorded_zero_usage_flat_tier"]["subtotal"]


def test_the_preview_invoice_has_its_three_lines_and_total(built: Built) -> None:
    example = DOCUMENTED["preview invoice"]
    due = example["period"][1]
    assert amounts(built, "preview", "cycle", due) == sorted(example["lines"])
    assert built["sub_preview", "cycle", due].subtotal == example["total"]


@pytest.mark.parametrize("mode", MODES)
def test_a_credit_is_at_the_present_price_or_at_what_was_charged(built: Built, mode: str) -> None:
    example = DOCUMENTED["upgrade none at 1/3, downgrade always_invoice at 2/3 of a 30-day month"][mode]
    due = APRIL + 20 * DAY
    assert amounts(built, f"thirds_{mode}", "update", due) == sorted(example["lines"])
    assert built[f"sub_thirds_{mode}", "update", due].subtotal == example["total"]


@pytest.mark.parametrize("mode", MODES)
def test_an_amount_off_is_split_and_given_back(built: Built, mode: str) -> None:
    example = DOCUMENTED["amount_off 500 across items 1000+2000"]
    first = built[f"sub_amount_off_{mode}", "create", APRIL]
    assert sorted(off or 0 for off in first.discounts.values()) == example["discount_amounts"]
    assert (first.subtotal or 0) - (first.discount or 0) == example["invoice_total"]
    removed = built[f"sub_amount_off_{mode}", "update", APRIL + 15 * DAY]
    assert removed.subtotal == example["remove_10usd_item_at_half"][mode]


@pytest.mark.parametrize("mode", MODES)
def test_usage_of_a_price_that_changed(built: Built, mode: str) -> None:
    example = DOCUMENTED["metered price change mid-cycle: 1000 calls at 0.10/100 then 500 calls at 0.15/100"]
    cents = int(Decimal(example[f"{mode}_total_major"]) * 100)
    assert built[f"sub_calls_{mode}", "cancel", MAY].subtotal == cents


def test_a_month_end_anchor_is_clamped_and_springs_back(built: Built) -> None:
    dues = [
        datetime.fromtimestamp(due, UTC) for name, reason, due in built if (name, reason) == ("sub_month_end", "cycle")
    ]
    days = sorted((one.month, one.day, one.hour) for one in dues)
    assert days == [(2, 28, 10), (3, 31, 10), (4, 30, 10), (5, 31, 10), (6, 30, 10)]


def test_an_anchor_months_ahead_sets_the_grid_backwards(built: Built) -> None:
    dues = sorted(due for name, reason, due in built if (name, reason) == ("sub_future_anchor", "cycle"))
    assert dues == [at(2026, 2, 28), at(2026, 4, 30), at(2026, 6, 30)]
    stub = built["sub_future_anchor", "create", at(2026, 2, 10)]
    assert stub.subtotal == 1800  # 18 of 59 days


@pytest.mark.parametrize("number", range(len(EXAMPLES["recorded_proration_lines"])))
def test_recorded_prorations_are_exact(built: Built, number: int) -> None:
    line = EXAMPLES["recorded_proration_lines"][number]
    invoice = built[f"sub_recorded_{number}", "update", line["start"]]
    assert invoice.subtotal == line["amount"]

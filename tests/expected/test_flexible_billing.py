"""Flexible billing mode against figures worked out by hand: `golden/flexible_billing`, all in one landing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.expected.conftest import BuildHistories, Computed, Groups, grouped
from tests.reference.histories import Discount, History, Invoice, Item, Price, State, Usage

pytestmark = pytest.mark.slow
SCENARIOS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parents[1] / "golden" / "flexible_billing").glob("*.json"))
}
Built = dict[tuple[str, str, int], Computed]


def at(day: str) -> int:
    """`04-11` as Unix seconds: midnight UTC in 2026."""
    return int(datetime.fromisoformat(f"2026-{day}").replace(tzinfo=UTC).timestamp())


AS_OF = at("05-20")


def history_of(name: str, scenario: dict[str, Any]) -> History:
    def price(key: str) -> Price:
        one = scenario["prices"][key]
        usage_type = "metered" if "meter" in one else "licensed"
        unit = Decimal(one["unit"])
        return Price(f"price_{key}_{name}", f"prod_{key}", usage_type, unit, meter=one.get("meter"))

    discounts = tuple(
        Discount(
            f"di_{one['id']}_{name}",
            at("04-01"),
            None,
            one["duration"],
            percent=Decimal(one["percent"]) if "percent" in one else None,
            amount=one.get("amount"),
        )
        for one in scenario.get("discounts", ())
    )
    created: dict[str, int] = {}
    states = []
    for state in scenario["states"]:
        since = at(state["at"])
        items = tuple(
            Item(f"si_{item}_{name}", created.setdefault(item, since), price(key), quantity)
            for item, key, quantity in state["items"]
        )
        states.append(State(since, items, state.get("proration", "create_prorations"), discounts, at("04-01")))
    return History(
        f"sub_{name}",
        f"cus_{name}",
        tuple(states),
        ended=at(scenario["ended"]) if "ended" in scenario else None,
        end_proration=scenario.get("end_proration", "none"),
        billing_mode="flexible",
        formulas={"calls": "sum"},
        usage=tuple(
            Usage(f"ue_{name}_{number}", "calls", at(day), at(day), Decimal(value))
            for number, (day, value) in enumerate(scenario.get("usage", ()))
        ),
    )


def groups_of(name: str, invoice: dict[str, Any]) -> Groups:
    return {
        (
            line["kind"],
            f"si_{line['item']}_{name}",
            f"price_{line['price']}_{name}",
            at(line["start"]),
            at(line["end"]),
        ): (Decimal(line["quantity"]), line["amount"])
        for line in invoice["lines"]
    }


@pytest.fixture(scope="module")
def both(build_histories: BuildHistories) -> tuple[dict[str, list[Invoice]], Built]:
    """What the reference makes of each scenario, and what the models make of all of them."""
    histories = [history_of(name, scenario) for name, scenario in SCENARIOS.items()]
    rated, expected = build_histories(histories, AS_OF)
    return {history.subscription_id: invoices for history, invoices in rated}, expected.invoices()


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) >= 6


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_models_say_what_was_worked_out_by_hand(name: str, both: tuple[dict[str, list[Invoice]], Built]) -> None:
    built = {key[1:]: one for key, one in both[1].items() if key[0] == f"sub_{name}"}
    wanted = {(one["reason"], at(one["due"])): one for one in SCENARIOS[name]["invoices"]}
    assert built.keys() == wanted.keys()
    for key, invoice in wanted.items():
        got = built[key]
        assert got.reason_not_computed is None
        assert got.groups == groups_of(name, invoice)
        assert (got.subtotal, got.discount) == (invoice["subtotal"], invoice["discount"])


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_reference_says_so_too(name: str, both: tuple[dict[str, list[Invoice]], Built]) -> None:
    wanted = [groups_of(name, invoice) for invoice in SCENARIOS[name]["invoices"]]
    assert [grouped(invoice) for invoice in both[0][f"sub_{name}"]] == wanted


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_figures_by_hand_add_up(name: str) -> None:
    for invoice in SCENARIOS[name]["invoices"]:
        assert sum(line["amount"] for line in invoice["lines"]) == invoice["subtotal"]

"""SQL and reference agree on every line, discount and credit of random subscriptions: many in one landing.

`TIEOUT_TEST_HISTORIES` sets how many (the default keeps `make test` short), `TIEOUT_TEST_SEED` which ones. A case that
differs is made as small as it gets and written to `build/differing_history.json`, in the form of the scenarios in
`golden/histories`: once its figures are checked by hand it is kept there, named by a sentence.
"""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import astuple
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning

from tests.expected.conftest import BuildHistories, Computed, discounts_of, grouped
from tests.reference.histories import History, Invoice
from tests.reference.landing import invoice_id
from tests.reference.rater import rate
from tests.reference.scenarios import read_scenario, scenario
from tests.reference.shrinking import shrunk
from tests.reference.strategies import AS_OF, histories

HISTORIES = int(os.environ.get("TIEOUT_TEST_HISTORIES", "300"))
SEED = int(os.environ.get("TIEOUT_TEST_SEED", "20260701"))
UNDOCUMENTED = {"tiered_proration", "stacked_proration", "shared_proration"}
DIFFERENCES_SHOWN = 5
GOLDEN = {
    path.stem: read_scenario(json.loads(path.read_text(encoding="utf-8")), path.stem)
    for path in sorted((Path(__file__).parents[1] / "golden" / "histories").glob("*.json"))
}
Both = tuple[list[tuple[History, list[Invoice]]], dict[tuple[str, str, int], Computed]]
pytestmark = pytest.mark.slow
WRITTEN = Path(__file__).parents[2] / "build" / "differing_history.json"


def drawn(count: int, number: int) -> list[History]:
    """Random histories, the same ones for the same seed."""
    found: list[History] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        found.append(data.draw(histories(len(found))))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        draw()
    return found


def differences(history: History, invoices: list[Invoice], built: dict[tuple[str, str, int], Computed]) -> list[str]:
    """What differs between the reference's invoices of one history and the models'."""
    wanted = {(history.subscription_id, one.reason, one.due): one for one in invoices}
    mine = {key: one for key, one in built.items() if key[0] == history.subscription_id}
    found = [f"{key} is on one side only" for key in wanted.keys() ^ mine.keys()]
    for key in wanted.keys() & mine.keys():
        want, got = wanted[key], mine[key]
        if got.matched_invoice_id != invoice_id(history, want.number):
            found.append(f"{key} is matched to {got.matched_invoice_id}")
        if got.reason_not_computed is not None:
            if got.reason_not_computed not in UNDOCUMENTED:
                found.append(f"{key} is not computed: {got.reason_not_computed}")
            continue
        groups = grouped(want)
        for group in groups.keys() | got.groups.keys():
            if groups.get(group) != got.groups.get(group):
                found.append(f"{key} {group}: reference {groups.get(group)}, models {got.groups.get(group)}")
        if discounts_of(want) != got.discounts:
            found.append(f"{key}: discounts: reference {discounts_of(want)}, models {got.discounts}")
        settled = want.settlement
        if settled is not None and want.finalized <= AS_OF and got.settlement != astuple(settled):
            found.append(f"{key}: {settled}, models {got.settlement}")
        if (want.subtotal, want.discount, want.credit) != (got.subtotal, got.discount, got.credit):
            found.append(
                f"{key}: reference {want.subtotal, want.discount, want.credit}, "
                f"models {got.subtotal, got.discount, got.credit}"
            )
    return found


def explained(history: History, build_histories: BuildHistories) -> str:
    """Shrinks a history that differs, writes it down, and says how it differs and where it lies."""

    def differing(histories: list[History]) -> list[History]:
        rated, expected = build_histories(histories, AS_OF)
        built = expected.invoices()
        return [one for one, invoices in rated if differences(one, invoices, built)]

    smallest = shrunk(history, differing)
    rated, expected = build_histories([smallest], AS_OF)
    found = differences(smallest, rated[0][1], expected.invoices())
    WRITTEN.parent.mkdir(exist_ok=True)
    WRITTEN.write_text(json.dumps(scenario(smallest, rate(smallest, AS_OF)), indent=1) + "\n", encoding="utf-8")
    return "\n".join([*found[:DIFFERENCES_SHOWN], f"the smallest such history, as the reference has it: {WRITTEN}"])


@pytest.fixture(scope="module")
def both(build_histories: BuildHistories) -> Both:
    """What the reference makes of the random histories and of the golden ones, and what the models make of them."""
    golden = [history for history, _ in GOLDEN.values()]
    rated, expected = build_histories([*drawn(HISTORIES, SEED), *golden], AS_OF)
    return rated, expected.invoices()


def test_models_and_reference_agree_on_random_subscriptions(both: Both, build_histories: BuildHistories) -> None:
    rated, built = both
    wrong = [history for history, invoices in rated if differences(history, invoices, built)]
    assert not wrong, f"{len(wrong)} histories differ. {explained(wrong[0], build_histories)}"
    compared = sum(one.reason_not_computed is None for one in built.values())
    assert compared > 4 * len(rated), "too little was compared"
    kinds = {group[0] for one in built.values() for group in one.groups}
    assert kinds == {"recurring", "usage", "proration_credit", "proration_charge", "commitment"}
    assert {history.currency for history, _ in rated} == {"usd", "eur", "jpy", "kwd"}
    assert any(one.settlement[0] for one in built.values())
    assert any(one.discount for one in built.values())
    assert any(one.credit for one in built.values())
    assert len(built) - compared < len(built) // 20, "too much was not computed"


@pytest.mark.parametrize("name", GOLDEN)
def test_a_history_that_once_differed_comes_to_what_was_worked_out(name: str, both: Both) -> None:
    rated, built = both
    history, wanted = GOLDEN[name]
    assert {one.subscription_id: invoices for one, invoices in rated}[history.subscription_id] == wanted
    assert differences(history, wanted, built) == []

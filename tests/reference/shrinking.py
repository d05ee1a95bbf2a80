"""Makes a history on which models and reference differ as small as it gets: many simpler forms to a landing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from tests.reference.histories import History, State
from tests.reference.scenarios import renamed

T = TypeVar("T")
Differing = Callable[[list[History]], list[History]]
ROUNDS_MAX = 25
DAY = 86_400


def without_one(values: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    """The values without each of them."""
    return (values[:i] + values[i + 1 :] for i in range(len(values)))


def simpler_states(states: tuple[State, ...]) -> Iterator[tuple[State, ...]]:
    """One change less, one item less everywhere, and plainer items and discounts, a state at a time."""
    yield from (states[:1] + rest for rest in without_one(states[1:]))
    for gone in {item.item_id for state in states for item in state.items}:
        fewer = tuple(
            replace(state, items=tuple(item for item in state.items if item.item_id != gone)) for state in states
        )
        if all(state.items for state in fewer):
            yield fewer
    for gone in {one.discount_id for state in states for one in state.discounts}:
        yield tuple(
            replace(state, discounts=tuple(one for one in state.discounts if one.discount_id != gone))
            for state in states
        )
    yield tuple(
        replace(state, items=tuple(replace(item, price=replace(item.price, is_option=False)) for item in state.items))
        for state in states
    )
    yield tuple(
        replace(state, items=tuple(replace(item, quantity=item.quantity and 1) for item in state.items))
        for state in states
    )


def simpler(history: History) -> Iterator[History]:
    """Forms of the history with one thing less each."""
    yield from (replace(history, usage=rest) for rest in (history.usage[: len(history.usage) // 2], ()))
    yield from (replace(history, states=states) for states in simpler_states(history.states))
    yield from (replace(history, usage=rest) for rest in without_one(history.usage))
    yield from (replace(history, grants=rest) for rest in without_one(history.grants))
    yield from (replace(history, commitments=rest) for rest in without_one(history.commitments))
    ends = (history.states[-1].at + days * DAY for days in (8, 40, 80))
    yield from (replace(history, ended=end) for end in ends if history.ended is None or end < history.ended)
    yield replace(history, end_proration="none")
    yield replace(history, trial_end=None)
    yield replace(history, billing_mode="classic")
    yield replace(history, currency="usd")
    yield replace(history, collection_method="charge_automatically")
    yield replace(history, balance=0)
    yield replace(history, usage=tuple(replace(one, value=Decimal(1)) for one in history.usage))


def shrunk(history: History, differing: Differing) -> History:
    """The smallest form found that still differs; `differing` says which of the histories of a landing do."""
    for number in range(ROUNDS_MAX):
        forms = [renamed(form, f"r{number}f{index}") for index, form in enumerate(simpler(history)) if form != history]
        still = differing(forms)
        if not still:
            break
        history = still[0]
    return renamed(history, "shrunk")

"""Daily payouts: what is available goes to the bank, with the faults of that way."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, ClassVar, Final

import numpy as np

from tieout.simulator.faults.base import figures
from tieout.simulator.ids import Ids
from tieout.simulator.landing import Landing
from tieout.simulator.money_objects import Movement, balance_transaction, payout
from tieout.simulator.periods import DAY, HOUR, midnight
from tieout.simulator.spec import WorldSpec
from tieout.simulator.truth import Truth

_PAID_AT: Final = 3 * HOUR


class PayoutMismatch:
    """A payout of another amount than its transactions."""

    kind: ClassVar[str] = "payout_mismatch"
    variants: ClassVar[tuple[str, ...]] = ("fee_taken_twice", "one_left_out", "rounded_down")

    def __init__(self, variant: str, rng: np.random.Generator) -> None:
        assert variant in self.variants, f"{self.kind} has no variant {variant}"
        self.variant = variant
        self.patience = int(rng.integers(2, 12))

    def wrong(self, movements: list[Movement]) -> int | None:
        """The wrong amount of a payout, or None where this one will not do."""
        self.patience -= 1
        amount = sum(m.net for m in movements)
        if self.patience > 0 or len(movements) < 2 or amount < 1000:
            return None
        if self.variant == "fee_taken_twice":
            return amount - max(m.fee for m in movements)
        if self.variant == "one_left_out":
            return amount - min(m.net for m in movements)
        return amount - amount % 100 if amount % 100 else amount - 100


def pay_out(
    spec: WorldSpec, movements: list[Movement], plants: list[PayoutMismatch], landing: Landing, truth: Truth, api: str
) -> int:
    """Make the payouts of the whole history, write them and all balance transactions; the number of payouts."""
    ids, count, waiting = Ids(spec.rng("payout ids")), 0, list(plants)
    by_day: dict[tuple[str, int], list[Movement]] = defaultdict(list)
    for movement in movements:
        by_day[movement.currency, movement.available_on].append(movement)
    paid: list[Movement] = []
    for (currency, day), group in sorted(by_day.items()):
        created = day + _PAID_AT
        amount = sum(m.net for m in group)
        if created > spec.end_s or amount <= 0:
            continue
        plant, wrong = _spoilt(waiting, group) if day + 2 * DAY < spec.end_s else (None, None)
        payout_id, txn_id = ids.new("po"), ids.new("txn")
        for movement in group:
            movement.payout_id = payout_id
        if plant is not None and wrong is not None:
            waiting.remove(plant)
            _note(truth, plant, payout_id, currency, amount, wrong)
            amount = wrong
        paid.append(Movement(txn_id, "payout", created, -amount, 0, currency, payout_id, payout_id))
        landing.write(f"stripe/{api}/payout.jsonl", payout(payout_id, txn_id, created, amount, currency, spec.end_s))
        count += 1
    truth.skipped += [{"kind": p.kind, "variant": p.variant} for p in waiting]
    balance: dict[str, int] = defaultdict(int)
    for movement in (*movements, *paid):
        balance[movement.currency] += movement.net
        landing.write(f"stripe/{api}/balance_transaction.jsonl.gz", balance_transaction(movement, spec.end_s))
    truth.stripe_balance = dict(balance)
    assert all(m.available_on >= midnight(m.created) for m in movements)
    return count


def _spoilt(waiting: list[PayoutMismatch], group: list[Movement]) -> tuple[PayoutMismatch | None, int | None]:
    for plant in waiting:
        wrong = plant.wrong(group)
        if wrong is not None:
            return plant, wrong
    return None, None


def _note(truth: Truth, plant: PayoutMismatch, payout_id: str, currency: str, expected: int, actual: int) -> None:
    fields: dict[str, Any] = figures(expected, actual)
    truth.fault(
        kind=plant.kind, variant=plant.variant, object_id=payout_id, customer_id=None, currency=currency, **fields
    )

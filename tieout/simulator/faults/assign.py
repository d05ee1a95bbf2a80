"""Which customer gets which faults."""

from __future__ import annotations

from collections import defaultdict

from tieout.simulator.faults.base import PLANTS, Plant
from tieout.simulator.payouts import PayoutMismatch
from tieout.simulator.people import Customer
from tieout.simulator.periods import DAY
from tieout.simulator.spec import WorldSpec
from tieout.simulator.terms import TermsMaker
from tieout.simulator.truth import Truth


def assign(
    spec: WorldSpec,
    requests: list[tuple[tuple[str, str], ...]],
    customers: list[Customer],
    maker: TermsMaker,
    truth: Truth,
) -> tuple[dict[int, list[Plant]], list[PayoutMismatch]]:
    """Choose a customer for each group of faults; ``compound`` says how many groups may meet on one."""
    rng = spec.rng("faults")
    chosen: dict[int, list[Plant]] = defaultdict(list)
    groups: dict[int, int] = defaultdict(int)
    payout_plants = []
    for request in requests:
        payout_plants += [PayoutMismatch(variant, rng) for kind, variant in request if kind == PayoutMismatch.kind]
        plants = [PLANTS[kind](variant, rng) for kind, variant in request if kind in PLANTS]
        if not plants:
            continue
        free = [n for n in range(len(customers)) if groups[n] < spec.compound]
        good = [n for n in free if _is_good(spec, customers[n], [*chosen[n], *plants])]
        if not good:
            arranged = next((n for n in free if not chosen[n] and _arrange(spec, customers[n], plants)), None)
            good = [] if arranged is None else [arranged]
        if spec.compound > 1:
            good = [n for n in good if chosen[n]] or good
        if not good:
            truth.skipped += [{"kind": p.kind, "variant": p.variant} for p in plants]
            continue
        n = int(rng.choice(good))
        groups[n] += 1
        _place(customers[n], plants, chosen[n], maker)
    return {n: plants for n, plants in chosen.items() if plants}, payout_plants


def _place(customer: Customer, plants: list[Plant], own: list[Plant], maker: TermsMaker) -> None:
    """Give the customer the faults and what they need; those that must have one certain invoice come first."""
    customer.subscription.pays_late = False
    for plant in plants:
        plant.prepare(customer, maker)
        if len(plants) > 1:
            plant.patience = 0  # they are to meet on one invoice
    own += plants
    own.sort(key=lambda plant: not plant.is_fixed)


def _is_good(spec: WorldSpec, customer: Customer, plants: list[Plant]) -> bool:
    is_ending = customer.subscription.cancel_at is not None
    return (
        _has_time(spec, customer)
        and is_ending == any(p.is_final for p in plants)
        and all(plant.suits(customer) for plant in plants)
        and len({plant.kind for plant in plants}) == len(plants)
    )


def _has_time(spec: WorldSpec, customer: Customer) -> bool:
    """Whether a period (a leaving customer's last one) ended early enough for a fault to be planted and to show."""
    s = customer.subscription
    needed = s.bounds[1] if s.cancel_at is None else s.cancel_at
    return needed + 4 * DAY < spec.end_s


def _arrange(spec: WorldSpec, customer: Customer, plants: list[Plant]) -> bool:
    """Make one who was to stay ask to cancel, where faults need that and nobody else suits."""
    s = customer.subscription
    if not any(p.is_final for p in plants) or s.cancel_at is not None or customer.terms.change is not None:
        return False
    ends = [k for k in range(2, len(s.bounds)) if s.bounds[k] + 4 * DAY < spec.end_s]
    if not ends or not all(plant.suits(customer) for plant in plants):
        return False
    s.cancel_at = s.bounds[ends[-1]]
    s.cancel_asked = (s.bounds[ends[-1] - 1] + s.cancel_at) // 2
    s.bounds = s.bounds[: ends[-1] + 1]
    return True

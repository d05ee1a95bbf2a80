"""Requests for two and three faults that meet on one customer, and on one invoice where they can."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import numpy as np

from tieout.simulator.faults.base import PLANTS

#: Kinds that leave no room for another on their customer: of an invoice in another currency nothing is comparable.
ALONE = frozenset({"currency_mismatch"})


def combinations(count: int, seed: int = 1) -> tuple[str, ...]:
    """That many requests like `line_missing/usage+payment_missing/no_charge`, every kind about equally often."""
    rng = np.random.default_rng(seed)
    kinds = sorted(PLANTS.keys() - ALONE)
    pairs = [group for group in itertools.combinations(kinds, 2) if _can_meet(group)]
    threes = [group for group in itertools.combinations(kinds, 3) if _can_meet(group)]
    used: Counter[str] = Counter()
    turns: Counter[str] = Counter()
    out = []
    for number in range(count):
        rows = threes if number % 3 == 0 else pairs
        tried = [rows[int(k)] for k in rng.integers(0, len(rows), size=40)]
        group = min(tried, key=lambda g: max(used[kind] for kind in g))
        used.update(group)
        out.append("+".join(_variants(group, turns)))
    return tuple(out)


def _can_meet(group: tuple[str, ...]) -> bool:
    """Some plan has all of them, and no two want the same part of the invoice."""
    plants = [PLANTS[kind] for kind in group]
    plans = set.intersection(*(set(p.plans) for p in plants))
    claims = Counter(name for p in plants for name in p.claims)
    contracts = sum(kind.startswith("contract") for kind in group)
    return bool(plans) and contracts < 2 and all(n == 1 for n in claims.values())


def _variants(group: tuple[str, ...], turns: Counter[str]) -> list[str]:
    """Each kind's variants in turn; one that needs the last invoice of a subscription comes with none that does not."""
    out = []
    for kind in group:
        names = [v for v in PLANTS[kind].variants if v not in PLANTS[kind].wants_final] or list(PLANTS[kind].variants)
        out.append(f"{kind}/{names[turns[kind] % len(names)]}")
        turns[kind] += 1
    return out


def meetings(faults: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """The kinds that met on a customer, for each customer with more than one."""
    by_customer: dict[str, list[str]] = {}
    for fault in faults:
        if fault["customer_id"]:
            by_customer.setdefault(fault["customer_id"], []).append(fault["kind"])
    return [tuple(kinds) for kinds in by_customer.values() if len(kinds) > 1]

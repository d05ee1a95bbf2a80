"""Every kind of fault that can be planted, and how a request for some is read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Final

from tieout.simulator.faults import adjustments, contracts, invoices, lines, metering, payments, statuses
from tieout.simulator.faults.base import PLANTS
from tieout.simulator.faults.usage import USAGE_PLANTS
from tieout.simulator.payouts import PayoutMismatch
from tieout.simulator.spec import SpecError

__all__ = [
    "KINDS",
    "adjustments",
    "contracts",
    "invoices",
    "lines",
    "metering",
    "parse_requests",
    "payments",
    "statuses",
]

#: kind → its variants
KINDS: Final[dict[str, tuple[str, ...]]] = {
    **{kind: plant.variants for kind, plant in USAGE_PLANTS.items()},
    **{kind: plant.variants for kind, plant in PLANTS.items()},
    PayoutMismatch.kind: PayoutMismatch.variants,
}
_REQUEST: Final = re.compile(r"(?P<kind>[a-z_]+)(/(?P<variant>[a-z_]+))?(\*(?P<times>\d+))?")


def parse_requests(requests: tuple[str, ...]) -> list[tuple[tuple[str, str], ...]]:
    """`kind`, `kind/variant`, `kind*3`, `all`, `all*2` → (kind, variant) alone, the variants of a kind in turn.

    `one+other` asks for faults that meet on one customer: they come together.
    Raises :class:`SpecError` for what is not known.
    """
    turns = {kind: itertools.cycle(variants) for kind, variants in KINDS.items()}
    out: list[tuple[tuple[str, str], ...]] = []
    for request in requests:
        parts = [_parse(part, turns) for part in request.split("+")]
        if len(parts) == 1:
            out += [(one,) for one in parts[0]]
        else:
            out.append(tuple(one for part in parts for one in part))
    return out


def _parse(request: str, turns: Mapping[str, Iterator[str]]) -> list[tuple[str, str]]:
    match = _REQUEST.fullmatch(request)
    if match is None or (match["kind"] != "all" and match["kind"] not in KINDS):
        raise SpecError(f"no such fault: {request!r}; known are all, {', '.join(KINDS)}")
    kind, variant = match["kind"], match["variant"]
    if variant is not None and variant not in KINDS.get(kind, ()):
        raise SpecError(f"{kind} has no variant {variant!r}; it has {', '.join(KINDS.get(kind, ()))}")
    kinds = KINDS if kind == "all" else (kind,)
    return [(k, variant or next(turns[k])) for _ in range(int(match["times"] or 1)) for k in kinds]

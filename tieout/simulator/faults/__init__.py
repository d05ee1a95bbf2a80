"""Every kind of fault that can be planted, and how a request for some is read."""

from __future__ import annotations

import itertools
import re
from typing import Final

from tieout.simulator.faults import invoices, lines, payments
from tieout.simulator.faults.base import PLANTS
from tieout.simulator.faults.usage import USAGE_PLANTS
from tieout.simulator.payouts import PayoutMismatch
from tieout.simulator.spec import SpecError

__all__ = ["KINDS", "invoices", "lines", "parse_requests", "payments"]

#: kind → its variants
KINDS: Final[dict[str, tuple[str, ...]]] = {
    **{kind: plant.variants for kind, plant in USAGE_PLANTS.items()},
    **{kind: plant.variants for kind, plant in PLANTS.items()},
    PayoutMismatch.kind: PayoutMismatch.variants,
}
_REQUEST: Final = re.compile(r"(?P<kind>[a-z_]+)(/(?P<variant>[a-z_]+))?(\*(?P<times>\d+))?")


def parse_requests(requests: tuple[str, ...]) -> list[tuple[str, str]]:
    """`kind`, `kind/variant`, `kind*3`, `all`, `all*2` → (kind, variant), the variants of a kind in turn.

    Raises :class:`SpecError` for what is not known.
    """
    turns = {kind: itertools.cycle(variants) for kind, variants in KINDS.items()}
    out = []
    for request in requests:
        match = _REQUEST.fullmatch(request)
        if match is None or (match["kind"] != "all" and match["kind"] not in KINDS):
            raise SpecError(f"no such fault: {request!r}; known are all, {', '.join(KINDS)}")
        kind, variant = match["kind"], match["variant"]
        if variant is not None and variant not in KINDS.get(kind, ()):
            raise SpecError(f"{kind} has no variant {variant!r}; it has {', '.join(KINDS.get(kind, ()))}")
        for _ in range(int(match["times"] or 1)):
            out += [(k, variant or next(turns[k])) for k in (KINDS if kind == "all" else (kind,))]
    return out

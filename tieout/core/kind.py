"""What is declared about a kind of discrepancy: its place, its severity, who acts on it, its words and its remedy.

A *sentence* is what a finance person reads, a *remedy* what the one who acts does. The placeholders of both are filled
by the mart ``discrepancies``:

=================== ====================================================================================
``{customer}``      the customer's name, or its id
``{subscription}``  the subscription's id
``{invoice}``       ``invoice AB-0001``, ``draft invoice in_…`` or, when unknown, ``an invoice``
``{price}``         the price's nickname, or its id
``{meter}``         the meter's event name
``{object}``        ``object_id``
``{period}``        the UTC day of ``period_start``
``{expected}``      ``expected_minor`` as money in the row's currency, ``{actual}`` likewise
``{expected_size}`` the same without sign, for what comes off an invoice; ``{actual_size}`` likewise
``{difference}``    the size of ``impact_minor`` as money, without sign
``{too}``           ``too little`` when money leaked (impact > 0), else ``too much``
``{until}``         the instant until which it can be corrected, or ``it is finalized``
``{detail}``        a short phrase that the row brings with it
=================== ====================================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["info", "warning", "error", "critical"]
Category = Literal["ingestion", "metering", "contract", "lines", "invoice", "payments", "ledger"]
Actor = Literal["engineering", "billing operations", "sales operations", "finance"]

#: From the root outwards: of two kinds that one fault shows as, the one whose category comes first is the row.
CATEGORIES: Final[tuple[Category, ...]] = (
    "ingestion",
    "metering",
    "contract",
    "lines",
    "invoice",
    "payments",
    "ledger",
)
#: From harmless to worst; the order that ``--fail-on`` compares in.
SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "error", "critical")

#: Columns of ``discrepancies`` that may identify a row.
IDENTITY_COLUMNS: Final = (
    "customer_id",
    "subscription_id",
    "invoice_id",
    "price_id",
    "meter",
    "object_id",
    "period_start",
)
PLACEHOLDERS: Final = (
    "customer",
    "subscription",
    "invoice",
    "price",
    "meter",
    "object",
    "period",
    "expected",
    "actual",
    "difference",
    "expected_size",
    "actual_size",
    "too",
    "until",
    "detail",
)
#: Columns of the seed, in the order of ``Kind.seed_row``.
SEED_COLUMNS: Final = (
    "kind",
    "category",
    "root_rank",
    "severity",
    "acts",
    "identified_by",
    "has_figures",
    "meaning",
    "sentence",
    "remedy",
    "remedy_overcharged",
    "remedy_preventable",
    "remedy_even",
)


@dataclass(frozen=True, slots=True)
class Remedy:
    """What mends a fault, as templates: where money leaked, or in every case that has no template of its own.

    ``overcharged``: the customer was charged too much (impact below 0). ``preventable``: it is still on a draft or in a
    running period; goes before the others. ``even``: no money is due (impact 0).
    """

    default: str
    overcharged: str | None = None
    preventable: str | None = None
    even: str | None = None

    def seed_row(self) -> tuple[str, str, str, str]:
        """All four templates, so that whoever reads them needs no rule of precedence but the three conditions."""
        overcharged = self.overcharged or self.default
        return (self.default, overcharged, self.preventable or "", self.even or self.default)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of discrepancy.

    ``severity``: of an amount that is neither small nor large (settings ``small_impact_minor`` and
    ``large_impact_minor``). ``identified_by``: columns that make two rows of this kind the same fault. ``has_figures``:
    expected, actual and impact are money; else they are null. ``meaning``: one sentence for the docs. ``sentence``: the
    template for ``explanation``, ``remedy`` those for the column of that name (placeholders above).
    """

    name: str
    category: Category
    severity: Severity
    acts: Actor
    identified_by: tuple[str, ...]
    has_figures: bool
    meaning: str
    sentence: str
    remedy: Remedy

    def seed_row(self, root_rank: int) -> tuple[str, ...]:
        """The kind as texts, in the order of ``SEED_COLUMNS``."""
        return (
            self.name,
            self.category,
            str(root_rank),
            self.severity,
            self.acts,
            "|".join(self.identified_by),
            str(self.has_figures).lower(),
            self.meaning,
            self.sentence,
            *self.remedy.seed_row(),
        )


def placeholders(template: str) -> frozenset[str]:
    """Names in braces in a sentence or remedy."""
    return frozenset(re.findall(r"{(\w+)}", template))

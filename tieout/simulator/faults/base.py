"""What a fault is: a kind, its variants, and the one place where it spoils the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from tieout.simulator.invoices import Invoice
from tieout.simulator.people import Customer
from tieout.simulator.periods import DAY

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller
    from tieout.simulator.faults.usage import UsageSite
    from tieout.simulator.life import Life
    from tieout.simulator.terms import TermsMaker

#: An invoice that a fault leaves must stay clear of the minimum charge, which would be another story.
CLEAR_OF_MINIMUM_MINOR: Final = 200
#: A fault is planted only where this much time is left for it to show.
PLANT_BEFORE_END: Final = 3 * DAY


class Plant:
    """A fault of one subscription, waiting for an invoice it can spoil.

    ``spoil`` changes the draft and returns the fault's fields, or returns None and leaves the draft as it was: then the
    next invoice is tried. What other faults have taken is in ``invoice.touched``: prices, and the names in ``claims``.
    """

    kind: ClassVar[str]
    variants: ClassVar[tuple[str, ...]]
    #: Plans it can be planted on.
    plans: ClassVar[tuple[str, ...]] = ("Pro", "Ultra", "Team")
    #: What the invoice with it says is not what was expected.
    changes_totals: ClassVar[bool] = True
    #: Variants that need a subscription that ends.
    wants_final: ClassVar[tuple[str, ...]] = ()
    #: It needs one certain invoice, which others must leave to it.
    is_fixed: ClassVar[bool] = False
    #: Parts of an invoice that only one fault may have.
    claims: ClassVar[tuple[str, ...]] = ()

    def __init__(self, variant: str, rng: np.random.Generator) -> None:
        assert variant in self.variants, f"{self.kind} has no variant {variant}"
        self.variant, self.rng = variant, rng
        self.is_planted = False
        self.keeps_listing = False
        self.patience = int(rng.integers(0, 2))
        self._on: Invoice | None = None

    @property
    def is_final(self) -> bool:
        """Whether it needs the last invoice of a subscription that ends."""
        return self.variant in self.wants_final

    # ------------------------------------------------------------------ before anything happens
    def suits(self, customer: Customer) -> bool:
        """Whether the customer is one on whom the fault can be planted."""
        s = customer.subscription
        return s.plan.name in self.plans and s.trial_end is None and len(s.bounds) > 2

    def prepare(self, customer: Customer, maker: TermsMaker) -> None:
        """Give the customer the terms that the fault needs."""

    def before_usage(self, customer: Customer, site: UsageSite) -> None:
        """Put usage records into the files."""

    # ------------------------------------------------------------------ while it happens
    def at_cycle(self, life: Life, k: int) -> None:
        """Period k is about to end."""

    def try_draft(self, invoice: Invoice, desk: Biller) -> None:
        """Plant on this invoice if it is time and possible."""
        if self.is_planted or invoice.is_skipped or invoice.is_final != self.is_final:
            return
        ends = invoice.subscription.bounds[invoice.period + 2 :]
        is_last_chance = not ends or ends[0] + PLANT_BEFORE_END >= desk.end
        if self.patience > 0 and not is_last_chance:
            self.patience -= 1
            return
        if "invoice" in invoice.touched or invoice.touched & set(self.claims):
            return
        before, touched = list(invoice.lines), set(invoice.touched)
        fields = self.spoil(invoice, desk)
        if fields is None or (not invoice.is_skipped and invoice.total < CLEAR_OF_MINIMUM_MINOR):
            invoice.lines, invoice.touched = before, touched
            self.undo(invoice)
            return
        invoice.touched.update(self.claims)
        self.is_planted, self._on = True, invoice
        if self.changes_totals:
            desk.truth.mark_faulted(invoice, is_missing=invoice.is_skipped)
        self.note(invoice, desk, fields)

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        """Change the draft; return the fault's own fields, or None if this invoice will not do."""
        return None

    def undo(self, invoice: Invoice) -> None:
        """Take back what ``spoil`` did beside the lines."""

    def note(self, invoice: Invoice, desk: Biller, fields: dict[str, Any]) -> None:
        """Put the fault into the truth; kinds that know more only later override this."""
        desk.truth.fault(**self.common(invoice), **fields)

    def common(self, invoice: Invoice) -> dict[str, Any]:
        """The fields that every fault of a subscription has."""
        return self.of(invoice.customer)

    def of(self, customer: Customer) -> dict[str, Any]:
        """The fields that every fault of a customer has."""
        return {
            "kind": self.kind,
            "variant": self.variant,
            "customer_id": customer.customer_id,
            "currency": customer.currency,
            "subscription_id": customer.subscription.subscription_id,
        }

    def after_issue(self, invoice: Invoice, desk: Biller) -> None:
        """The invoice was issued, and collected if that could be."""
        if self._on is invoice:
            self.reckon(invoice, desk)

    def reckon(self, invoice: Invoice, desk: Biller) -> None:
        """The invoice with the fault was issued: its figures are known."""

    def further_invoices(self, invoice: Invoice, desk: Biller) -> list[Invoice]:
        """Invoices that should not be, after this one was issued."""
        return []

    def after_further(self, invoice: Invoice, desk: Biller) -> None:
        """One of them was issued."""

    def at_the_end(self, customer: Customer, desk: Biller) -> None:
        """The history of the customer is over."""


class Reckoned(Plant):
    """A fault that decides how Stripe goes wrong; what it cost is known once the invoice is issued."""

    def note(self, invoice: Invoice, desk: Biller, fields: dict[str, Any]) -> None:
        self._fields = fields

    def fault(self, invoice: Invoice, desk: Biller, **fields: Any) -> None:
        desk.truth.fault(**self.common(invoice), **self._fields, **fields)


def figures(expected: int | None, actual: int | None) -> dict[str, Any]:
    """Expected, actual and impact; a positive impact is money that leaked."""
    impact = None if expected is None or actual is None else expected - actual
    return {"expected_minor": expected, "actual_minor": actual, "impact_minor": impact}


PLANTS: Final[dict[str, type[Plant]]] = {}


def register(plant: type[Plant]) -> type[Plant]:
    """Make a kind known by its name."""
    PLANTS[plant.kind] = plant
    return plant


Chooser = Callable[[list[Any]], Any]


def chooser(rng: np.random.Generator) -> Chooser:
    """Picks one of a list."""
    return lambda rows: rows[int(rng.integers(0, len(rows)))]

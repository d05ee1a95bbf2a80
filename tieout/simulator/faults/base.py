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

#: An invoice that a fault leaves must stay clear of the minimum charge, which would be another story.
CLEAR_OF_MINIMUM_MINOR: Final = 200
#: A fault is planted only where this much time is left for it to show.
PLANT_BEFORE_END: Final = 3 * DAY


class Plant:
    """A fault of one subscription, waiting for an invoice it can spoil.

    ``spoil`` changes the draft and returns the fault's fields, or returns None and leaves the draft as it was: then the
    next invoice is tried. Prices already spoiled by another fault are in ``invoice.touched``.
    """

    kind: ClassVar[str]
    variants: ClassVar[tuple[str, ...]]
    #: Plans it can be planted on.
    plans: ClassVar[tuple[str, ...]] = ("Pro", "Ultra", "Team")
    #: What the invoice with it says is not what was expected.
    changes_totals: ClassVar[bool] = True
    wants_final: ClassVar[tuple[str, ...]] = ()

    def __init__(self, variant: str, rng: np.random.Generator) -> None:
        assert variant in self.variants, f"{self.kind} has no variant {variant}"
        self.variant, self.rng = variant, rng
        self.is_planted = False
        self.patience = int(rng.integers(0, 2))

    def suits(self, customer: Customer) -> bool:
        """Whether the customer is one on whom the fault can be planted."""
        s = customer.subscription
        is_cancelling = s.cancel_at is not None
        return (
            s.plan.name in self.plans
            and s.trial_end is None
            and is_cancelling == (self.variant in self.wants_final)
            and len(s.bounds) > 2
        )

    def arrange(self, customer: Customer, end_s: int) -> bool:
        """Make an unsuitable customer suit, where no other does: one that was to stay asks to cancel."""
        s = customer.subscription
        if self.variant not in self.wants_final or s.cancel_at is not None or s.trial_end is not None:
            return False
        ends = [k for k in range(2, len(s.bounds)) if s.bounds[k] + 4 * DAY < end_s]
        if s.plan.name not in self.plans or not ends:
            return False
        s.cancel_at = s.bounds[ends[-1]]
        s.cancel_asked = (s.bounds[ends[-1] - 1] + s.cancel_at) // 2
        s.bounds = s.bounds[: ends[-1] + 1]
        return True

    def try_draft(self, invoice: Invoice, desk: Biller) -> None:
        """Plant on this invoice if it is time and possible."""
        if self.is_planted or invoice.is_skipped or invoice.is_final != (self.variant in self.wants_final):
            return
        ends = invoice.subscription.bounds[invoice.period + 2 :]
        is_last_chance = not ends or ends[0] + PLANT_BEFORE_END >= desk.end
        if self.patience > 0 and not is_last_chance:
            self.patience -= 1
            return
        before, touched = list(invoice.lines), set(invoice.touched)
        fields = self.spoil(invoice, desk)
        if fields is None or (not invoice.is_skipped and invoice.total < CLEAR_OF_MINIMUM_MINOR):
            invoice.lines, invoice.touched = before, touched
            return
        self.is_planted = True
        if self.changes_totals:
            desk.truth.mark_faulted(invoice, is_missing=invoice.is_skipped)
        self.note(invoice, desk, fields)

    def note(self, invoice: Invoice, desk: Biller, fields: dict[str, Any]) -> None:
        """Put the fault into the truth; kinds that know more only later override this."""
        desk.truth.fault(**self.common(invoice), **fields)

    def common(self, invoice: Invoice) -> dict[str, Any]:
        """The fields that every fault of a subscription has."""
        return {
            "kind": self.kind,
            "variant": self.variant,
            "customer_id": invoice.customer.customer_id,
            "currency": invoice.customer.currency,
            "subscription_id": invoice.subscription.subscription_id,
        }

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        """Change the draft; return the fault's own fields, or None if this invoice will not do."""
        raise NotImplementedError

    def further_invoices(self, invoice: Invoice, desk: Biller) -> list[Invoice]:
        """Invoices that should not be, after this one was issued."""
        return []


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

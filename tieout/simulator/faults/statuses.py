"""Faults of what was told: an event that never came, a listing older than the event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tieout.simulator.faults.base import PLANT_BEFORE_END, Plant, figures, register
from tieout.simulator.invoices import Invoice

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller
    from tieout.simulator.life import Life


class _OfStatus(Plant):
    """Of an invoice, or of a subscription that ends."""

    changes_totals = False
    claims = ("status",)

    def note(self, invoice: Invoice, desk: Biller, fields: dict[str, Any]) -> None:
        own = {"invoice_id": invoice.invoice_id, "object_id": invoice.invoice_id, **figures(None, None)}
        desk.truth.fault(**self.common(invoice), **own)

    def at_cycle(self, life: Life, k: int) -> None:
        s = life.subscription
        if self.is_final and s.cancel_at == s.bounds[k + 1] and s.cancel_at + PLANT_BEFORE_END < life.desk.end:
            self.of_subscription(life)
            self.is_planted = True
            own = {"object_id": s.subscription_id, **figures(None, None)}
            life.desk.truth.fault(**self.of(life.customer), **own)

    def of_subscription(self, life: Life) -> None:
        """Let the subscription's end go untold."""


@register
class EventMissing(_OfStatus):
    kind = "event_missing"
    variants = ("invoice_paid", "subscription_deleted", "invoice_voided", "invoice_written_off")
    wants_final = ("subscription_deleted",)
    _events: ClassVar[dict[str, str]] = {
        "invoice_paid": "invoice.paid",
        "invoice_voided": "invoice.voided",
        "invoice_written_off": "invoice.marked_uncollectible",
    }

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        ends_otherwise = self.variant != "invoice_paid"
        if self.is_final or invoice.ways.money == "late" or (ends_otherwise and "money" in invoice.touched):
            return None
        if invoice.ways.money in ("stalled", "unpaid") or "balance" in invoice.touched:
            return None
        if ends_otherwise:
            if invoice.customer.terms.grants or invoice.customer.terms.goodwill:
                return None  # a void gives credit back
            invoice.ways.money = self.variant.removeprefix("invoice_")
            invoice.touched.add("money")
        invoice.ways.hidden_event = self._events[self.variant]
        return {}

    def undo(self, invoice: Invoice) -> None:
        invoice.ways.hidden_event = ""

    def of_subscription(self, life: Life) -> None:
        life.hidden_event = "customer.subscription.deleted"


@register
class ObjectStale(_OfStatus):
    kind = "object_stale"
    variants = ("invoice_still_open", "subscription_still_active", "invoice_still_draft")
    wants_final = ("subscription_still_active",)

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        if self.is_final or invoice.ways.money != "normal":
            return None
        invoice.ways.listed_as = self.variant.removeprefix("invoice_still_")
        return {}

    def undo(self, invoice: Invoice) -> None:
        invoice.ways.listed_as = ""

    def of_subscription(self, life: Life) -> None:
        self.keeps_listing = True

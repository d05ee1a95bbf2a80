"""Faults inside an invoice: lines that are absent, too many, or wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from tieout.simulator.catalogue import RatedLine, rate
from tieout.simulator.faults.base import Plant, chooser, figures, register
from tieout.simulator.invoices import Invoice, Line, recurring_lines, usage_lines
from tieout.simulator.people import Customer, Item

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller


def groups_of(invoice: Invoice, kind: str) -> list[list[Line]]:
    """Groups of a kind that cost something and that no other fault has touched."""
    if "invoice" in invoice.touched:
        return []
    prices = {line.price.price_id for line in invoice.lines if line.kind == kind} - invoice.touched
    groups = [invoice.group(p, kind) for p in sorted(prices)]
    return [g for g in groups if sum(line.amount for line in g) > 0]


def amount_of(group: list[Line]) -> int:
    """What a group bills."""
    return sum(line.amount for line in group)


def line_fields(invoice: Invoice, group: list[Line], expected: int, actual: int) -> dict[str, Any]:
    """A line fault's own fields; the group is taken."""
    invoice.touched.add(group[0].price.price_id)
    return {
        "invoice_id": invoice.invoice_id,
        "price_id": group[0].price.price_id,
        "meter": group[0].price.meter,
        **figures(expected, actual),
    }


def rerate(desk: Biller, group: list[Line], quantity: Decimal) -> list[Line]:
    """The group's lines for another quantity."""
    first = group[0]
    item = Item(first.item_id, first.price, None)
    lines = usage_lines(desk.ids, item, first.start, first.end, quantity)
    for line in lines:
        line.kind = first.kind
    return lines


@register
class LineMissing(Plant):
    kind = "line_missing"
    variants = ("usage", "recurring")

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        groups = groups_of(invoice, self.variant)
        if not groups:
            return None
        group = chooser(self.rng)(groups)
        invoice.lines = [line for line in invoice.lines if line not in group]
        return line_fields(invoice, group, amount_of(group), 0)


@register
class LineUnexpected(Plant):
    kind = "line_unexpected"
    variants = ("removed_addon", "unsubscribed_meter")
    plans = ("Pro", "Ultra")

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        key = "privacy_addon" if self.variant == "removed_addon" else "api_calls"
        price = desk.catalogue.price(key, invoice.customer.currency)
        if "invoice" in invoice.touched or price.price_id in invoice.touched:
            return None
        item = Item(desk.ids.new("si"), price, 1)
        if self.variant == "removed_addon":
            recurring = next((line for line in invoice.lines if line.kind == "recurring"), None)
            if recurring is None:
                return None
            group = recurring_lines(desk.ids, item, recurring.start, recurring.end)
        else:
            used = Decimal(int(self.rng.integers(200, 900)))
            group = usage_lines(desk.ids, item, invoice.period_start, invoice.period_end, used)
        if amount_of(group) == 0:
            return None
        invoice.lines = [*invoice.lines, *group]
        return line_fields(invoice, group, 0, amount_of(group))


@register
class QuantityMismatch(Plant):
    kind = "quantity_mismatch"
    variants = ("usage", "seats_fewer", "seats_more", "tier_left_out", "counted_twice")

    def suits(self, customer: Customer) -> bool:
        is_usage = not self.variant.startswith("seats")
        return super().suits(customer) and (is_usage or customer.subscription.plan.name == "Team")

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        is_usage = not self.variant.startswith("seats")
        groups = groups_of(invoice, "usage" if is_usage else "recurring")
        if not groups:
            return None
        group = chooser(self.rng)(groups)
        quantity = sum((line.quantity for line in group), Decimal(0))
        if self.variant == "tier_left_out":
            if len(group) < 2 or group[-1].amount == 0 or group[-1].quantity == 0:
                return None
            invoice.lines = [line for line in invoice.lines if line is not group[-1]]
            return line_fields(invoice, group, amount_of(group), amount_of(group[:-1]))
        if self.variant == "counted_twice":
            wrong = quantity * 2
        elif is_usage:
            wrong = (quantity * Decimal("0.9")).quantize(Decimal(1))
        else:
            wrong = quantity + (2 if self.variant == "seats_more" else -1 if quantity > 1 else 1)
        lines = rerate(desk, group, wrong)
        if amount_of(lines) == amount_of(group):
            return None
        expected = amount_of(group)
        invoice.replace_group(group, lines)
        return line_fields(invoice, group, expected, amount_of(lines))


@register
class PriceMismatch(Plant):
    kind = "price_mismatch"
    variants = ("old_version", "annual_price", "usage_price")
    #: The price that another one is taken for.
    _others: ClassVar[dict[str, str]] = {
        "pro_month": "pro_month_2024",
        "team_seat": "team_seat_2024",
        "requests_team": "requests_pro",
    }
    plans = ("Pro", "Team")

    def suits(self, customer: Customer) -> bool:
        needed = {"annual_price": "Pro", "usage_price": "Team"}.get(self.variant)
        return super().suits(customer) and needed in (None, customer.subscription.plan.name)

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        is_usage = self.variant == "usage_price"
        groups = [g for g in groups_of(invoice, "usage" if is_usage else "recurring") if g[0].price.key in self._others]
        if not groups:
            return None
        group = groups[0]
        key = "pro_year" if self.variant == "annual_price" else self._others[group[0].price.key]
        price = desk.catalogue.price(key, invoice.customer.currency)
        subscribed, first = group[0].price, group[0]
        if is_usage:
            used = sum((line.quantity for line in group), Decimal(0))
            lines = usage_lines(desk.ids, Item(first.item_id, price, None), first.start, first.end, used)
            if amount_of(lines) == amount_of(group):
                return None
        else:
            item = Item(first.item_id, price, int(first.quantity))
            lines = recurring_lines(desk.ids, item, first.start, first.end)
        invoice.replace_group(group, lines)
        invoice.touched.add(subscribed.price_id)
        fields = line_fields(invoice, lines, amount_of(group), amount_of(lines))
        return fields | {"subscribed_price_id": subscribed.price_id}


@register
class AmountMismatch(Plant):
    kind = "amount_mismatch"
    variants = ("one_cent", "tier_boundary", "tier_price", "recurring_rounded")

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        needs_tiers = self.variant.startswith("tier")
        kind = "recurring" if self.variant == "recurring_rounded" else "usage"
        groups = [g for g in groups_of(invoice, kind) if len(g) > 1 or not needs_tiers]
        if not groups:
            return None
        group = chooser(self.rng)(groups)
        expected = amount_of(group)
        lines = [Line(**vars(line)) for line in group]
        if self.variant == "one_cent":
            lines[-1].amount -= 1
        elif self.variant == "recurring_rounded":
            lines[-1].amount += 17
        elif self.variant == "tier_boundary":
            self._move_boundary(lines)
        else:
            lines[-1].amount += max(1, lines[-1].amount // 10)
        if amount_of(lines) == expected or any(line.amount < 0 for line in lines):
            return None
        invoice.replace_group(group, lines)
        return line_fields(invoice, lines, expected, amount_of(lines))

    @staticmethod
    def _move_boundary(lines: list[Line]) -> None:
        """A hundred units of the first tier are billed at the second one's price."""
        moved = min(Decimal(100), lines[0].quantity)
        lines[0].quantity -= moved
        lines[1].quantity += moved
        for line in lines[:2]:
            rated: RatedLine = rate(_at(line), line.quantity)[0]
            line.amount = rated.amount


def _at(line: Line) -> Any:
    """The line's own unit price as a price."""
    return type(line.price)("", "", "", line.price.currency, line.price.interval, None, line.unit)

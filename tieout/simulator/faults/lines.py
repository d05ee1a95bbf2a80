"""Faults inside an invoice: lines that are absent, too many, or wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tieout.simulator.catalogue import METERS, RatedLine, rate
from tieout.simulator.faults.base import Plant, chooser, figures, register
from tieout.simulator.invoices import Invoice, Line, recurring_lines, usage_lines
from tieout.simulator.people import Customer, Item
from tieout.simulator.periods import DAY, iso

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller


def _groups(invoice: Invoice, kind: str) -> list[list[Line]]:
    """Groups of a kind that cost something and that no other fault has touched."""
    if "invoice" in invoice.touched:
        return []
    prices = {line.price.price_id for line in invoice.lines if line.kind == kind} - invoice.touched
    groups = [invoice.group(p, kind) for p in sorted(prices)]
    return [g for g in groups if sum(line.amount for line in g) > 0]


def _amount(group: list[Line]) -> int:
    return sum(line.amount for line in group)


def _line_fields(invoice: Invoice, group: list[Line], expected: int, actual: int) -> dict[str, Any]:
    invoice.touched.add(group[0].price.price_id)
    return {
        "invoice_id": invoice.invoice_id,
        "price_id": group[0].price.price_id,
        "meter": group[0].price.meter,
        **figures(expected, actual),
    }


def _rerate(desk: Biller, group: list[Line], quantity: Decimal) -> list[Line]:
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
        groups = _groups(invoice, self.variant)
        if not groups:
            return None
        group = chooser(self.rng)(groups)
        invoice.lines = [line for line in invoice.lines if line not in group]
        return _line_fields(invoice, group, _amount(group), 0)


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
        if _amount(group) == 0:
            return None
        invoice.lines = [*invoice.lines, *group]
        return _line_fields(invoice, group, 0, _amount(group))


@register
class QuantityMismatch(Plant):
    kind = "quantity_mismatch"
    variants = ("usage", "seats_fewer", "seats_more")

    def suits(self, customer: Customer) -> bool:
        return super().suits(customer) and (self.variant == "usage" or customer.subscription.plan.name == "Team")

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        is_usage = self.variant == "usage"
        groups = _groups(invoice, "usage" if is_usage else "recurring")
        if not groups:
            return None
        group = chooser(self.rng)(groups)
        quantity = sum((line.quantity for line in group), Decimal(0))
        if is_usage:
            wrong = (quantity * Decimal("0.9")).quantize(Decimal(1))
        else:
            wrong = quantity + (2 if self.variant == "seats_more" else -1 if quantity > 1 else 1)
        lines = _rerate(desk, group, wrong)
        if _amount(lines) == _amount(group):
            return None
        expected = _amount(group)
        invoice.replace_group(group, lines)
        return _line_fields(invoice, group, expected, _amount(lines))


@register
class PriceMismatch(Plant):
    kind = "price_mismatch"
    variants = ("old_version", "annual_price")
    plans = ("Pro", "Team")

    def suits(self, customer: Customer) -> bool:
        return super().suits(customer) and (self.variant == "old_version" or customer.subscription.plan.name == "Pro")

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        groups = _groups(invoice, "recurring")
        if not groups:
            return None
        group = groups[0]
        old = {"pro_month": "pro_month_2024", "team_seat": "team_seat_2024"}[group[0].price.key]
        key = old if self.variant == "old_version" else "pro_year"
        price = desk.catalogue.price(key, invoice.customer.currency)
        subscribed, first = group[0].price, group[0]
        item = Item(first.item_id, price, int(first.quantity))
        lines = recurring_lines(desk.ids, item, first.start, first.end)
        invoice.replace_group(group, lines)
        invoice.touched.add(subscribed.price_id)
        fields = _line_fields(invoice, lines, _amount(group), _amount(lines))
        return fields | {"subscribed_price_id": subscribed.price_id}


@register
class AmountMismatch(Plant):
    kind = "amount_mismatch"
    variants = ("one_cent", "tier_boundary", "tier_price")

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        needs_tiers = self.variant != "one_cent"
        groups = [g for g in _groups(invoice, "usage") if len(g) > 1 or not needs_tiers]
        if not groups:
            return None
        group = chooser(self.rng)(groups)
        expected = _amount(group)
        lines = [Line(**vars(line)) for line in group]
        if self.variant == "one_cent":
            lines[-1].amount -= 1
        elif self.variant == "tier_boundary":
            self._move_boundary(lines)
        else:
            lines[-1].amount += max(1, lines[-1].amount // 10)
        if _amount(lines) == expected or any(line.amount < 0 for line in lines):
            return None
        invoice.replace_group(group, lines)
        return _line_fields(invoice, lines, expected, _amount(lines))

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


@register
class MeterMismatch(Plant):
    """Stripe's meter lost a day of usage, or counted it twice, and billed accordingly."""

    kind = "meter_mismatch"
    variants = ("lost", "double")

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        groups = _groups(invoice, "usage")
        if not groups:
            return None
        group = chooser(self.rng)(groups)
        meter = group[0].price.meter
        assert meter is not None
        stream = invoice.subscription.streams[meter]
        first = (invoice.period_start - desk.totals.begin_day) // DAY + 1
        last = (invoice.period_end - desk.totals.begin_day) // DAY
        day = max(range(first, last), key=lambda d: desk.day_quantity(stream, d), default=first)
        shift = desk.day_quantity(stream, day) * (-1 if self.variant == "lost" else 1)
        quantity = desk.quantity(stream, invoice.period)
        lines = _rerate(desk, group, quantity + shift)
        if _amount(lines) == _amount(group):
            return None
        scaled = int(shift if METERS[meter].formula == "count" else shift.scaleb(METERS[meter].decimals))
        desk.account.meter_shifts[stream, invoice.period] = (day, scaled)
        expected = _amount(group)
        invoice.replace_group(group, lines)
        return {
            **_line_fields(invoice, group, expected, _amount(lines)),
            "period_start": iso(invoice.period_start),
            "expected_quantity": str(quantity),
            "actual_quantity": str(quantity + shift),
        }

"""What a quantity costs, what a meter counted, and which discounts run.

Sources: Stripe's documentation on tiered prices, `transform_quantity`, meters and coupons.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tests.reference.histories import Discount, History, Price


def tier_lines(price: Price, quantity: Decimal) -> list[tuple[Decimal, Fraction]]:
    """What a quantity costs: (units, exact amount) per line, in Stripe's order."""
    if price.tiers_mode is None:
        units = Fraction(quantity)
        if price.divide_by is not None:
            packages, rest = divmod(Fraction(quantity), price.divide_by)
            units = Fraction(packages + (1 if rest and price.round_up else 0))
        return [(quantity, units * Fraction(price.unit or 0))]
    lines: list[tuple[Decimal, Fraction]] = []
    below = 0
    for number, tier in enumerate(price.tiers):
        is_reached = number == 0 or quantity > below
        is_last = tier.up_to is None or quantity <= tier.up_to
        if price.tiers_mode == "graduated":
            if is_reached:
                units = (quantity if is_last else Decimal(tier.up_to or 0)) - below
                lines.append((units, Fraction(units) * Fraction(tier.unit)))
                if tier.flat is not None:
                    lines.append((Decimal(0), Fraction(tier.flat)))
        elif is_reached and is_last:
            lines.append((quantity, Fraction(quantity) * Fraction(tier.unit)))
            if tier.flat is not None:
                lines.append((Decimal(0), Fraction(tier.flat)))
        below = tier.up_to or 0
    return lines


def used(history: History, price: Price, start: int, end: int) -> Decimal:
    """Usage of a price's meter in [start, end), by the meter's formula. Late usage was owed, so it counts."""
    events = [event for event in history.usage if event.meter == price.meter and start <= event.at < end]
    formula = history.formulas[price.meter or ""]
    if formula == "count":
        return Decimal(len(events))
    if formula == "last":
        return max(events, key=lambda event: (event.at, event.received)).value if events else Decimal(0)
    return sum((event.value for event in events), Decimal(0))


def in_force(discounts: tuple[Discount, ...], at: int) -> list[Discount]:
    """The discounts that run at an instant, in the order in which they stack."""
    return [one for one in discounts if one.start <= at and (one.end is None or at < one.end)]


def applies(discount: Discount, product_id: str) -> bool:
    """Whether a discount is for this product."""
    return not discount.products or product_id in discount.products

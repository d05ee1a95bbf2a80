"""What comes off an invoice after its lines, and what comes on top, in Stripe's order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tieout.simulator.catalogue import to_minor
from tieout.simulator.invoices import Line
from tieout.simulator.terms import Discount, Grant

if TYPE_CHECKING:
    from tieout.simulator.ids import Ids

#: (grant, line, amount, id of the transaction) of one use of credit.
Use = tuple[Grant, Line, int, str]


def discount_lines(lines: list[Line], discount: Discount | None) -> None:
    """Set each line's discount: a percentage rounded per line, a fixed one in proportion, its rest to the largest."""
    for line in lines:
        line.discount = 0
    if discount is None:
        return
    own = [line for line in lines if line.is_discountable and line.amount > 0]
    if discount.coupon.percent is not None:
        for line in own:
            line.discount = to_minor(line.amount * discount.coupon.percent / 100)
    elif discount.amount_off is not None and own:
        base = sum(line.amount for line in own)
        off = min(discount.amount_off, base)
        for line in own:
            line.discount = off * line.amount // base
        largest = max(own, key=lambda line: line.amount)
        largest.discount += off - sum(line.discount for line in own)


def credit_lines(lines: list[Line], grants: list[Grant], period_end: int, ids: Ids) -> list[Use]:
    """Use credit up, line by line, in the order the grants are given in; what is used is taken from them."""
    uses: list[Use] = []
    for line in lines:
        line.credits = []
        for grant in grants:
            open_amount = line.net
            if line.kind != "usage" or open_amount <= 0 or grant.left <= 0:
                continue
            if grant.covers(line.price) and grant.is_eligible(period_end):
                amount = min(open_amount, grant.left)
                use = (grant, line, amount, ids.new("cbtxn"))
                grant.spent += amount
                line.credits.append((use[3], amount))
                uses.append(use)
    return uses


def give_back(uses: list[Use]) -> None:
    """Undo uses of credit, as for a reckoning that only asks what would be."""
    for grant, line, amount, _ in uses:
        grant.spent -= amount
        line.credits = []


def tax_lines(lines: list[Line], percent: Decimal | None) -> None:
    """Exclusive tax on what is left of each line."""
    for line in lines:
        line.tax = 0 if percent is None else to_minor(line.net * percent / 100)

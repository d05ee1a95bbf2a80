"""What comes off an invoice once its lines stand: discounts, credit grants, the customer balance, the smallest charge.

Sources: Stripe's documentation on coupons (order, `amount_off` over several lines), billing credits (eligibility and
order), the customer balance and minimum charge amounts.
"""

from __future__ import annotations

from fractions import Fraction

from tests.reference.arithmetic import round_half_away
from tests.reference.histories import Discount, Grant, History, Invoice, Line, Settlement
from tests.reference.pricing import applies

#: Below this an automatic charge is not made. https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
MINIMUM_CHARGES = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50}


class Settling:
    """What a customer has left to take off the next invoice: unused discounts, grants, and the balance."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.used_once: set[str] = set()
        self.left = {grant.grant_id: grant.amount for grant in history.grants}
        self.balance = history.balance

    def discount(self, lines: list[Line], discounts: list[Discount]) -> dict[int, int]:
        """Line index to what discounts take off it."""
        left = {
            i: line.amount for i, line in enumerate(lines) if line.kind in ("recurring", "usage") and line.amount > 0
        }
        taken = dict.fromkeys(left, 0)
        for one in discounts:
            if one.duration == "once" and one.discount_id in self.used_once:
                continue
            self.used_once.add(one.discount_id)
            base = {i: amount for i, amount in left.items() if applies(one, lines[i].product_id) and amount > 0}
            if one.percent is not None:
                off = {i: round_half_away(Fraction(amount) * Fraction(one.percent) / 100) for i, amount in base.items()}
            else:
                total = sum(base.values())
                whole = min(one.amount or 0, total)
                off = {i: whole * amount // total for i, amount in base.items()}
                if base:
                    largest = max(base, key=lambda i: (base[i], -i))
                    off[largest] += whole - sum(off.values())
            for i, amount in off.items():
                left[i] -= amount
                taken[i] += amount
        return taken

    def credit(self, invoice: Invoice) -> tuple[tuple[str, int], ...]:
        """What each grant pays of the metered lines, or of those of its prices, in the order of use."""
        lines, period_end = invoice.lines, invoice.period_end
        open_lines = {
            i: line.amount - invoice.line_discounts[i]
            for i, line in enumerate(lines)
            if line.kind in ("usage", "recurring")
        }
        far = 1 << 62

        def rank(grant: Grant) -> tuple[int, int, bool, int, int, str]:
            expires = far if grant.expires is None else grant.expires
            paid = grant.category != "promotional"
            return grant.priority, expires, paid, grant.effective, grant.created, grant.grant_id

        applied: dict[str, int] = {}
        for i, amount in open_lines.items():
            for grant in sorted(self.history.grants, key=rank):
                if not (grant.effective <= period_end and (grant.expires is None or period_end < grant.expires)):
                    continue
                is_eligible = lines[i].price_id in grant.price_ids if grant.price_ids else lines[i].kind == "usage"
                if not is_eligible:
                    continue
                pays = min(max(amount, 0), self.left[grant.grant_id])
                self.left[grant.grant_id] -= pays
                amount -= pays
                if pays:
                    applied[grant.grant_id] = applied.get(grant.grant_id, 0) + pays
        return tuple(applied.items())

    def settle(self, total: int) -> Settlement:
        """What the invoice asks for: all of the balance counts, and an amount too small to charge becomes balance.

        Stripe's sign: a negative balance is the customer's credit.
        """
        before = self.balance
        charged = max(total + before, 0)
        self.balance = total + before - charged
        is_automatic = self.history.collection_method == "charge_automatically"
        if is_automatic and 0 < charged < MINIMUM_CHARGES.get(self.history.currency, 0):
            self.balance, charged = charged, 0
        return Settlement(before, self.balance, charged)

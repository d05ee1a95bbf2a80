"""Walks a subscription through time and writes its invoices.

Sources: Stripe's documentation on billing cycles, prorations and billing modes; commitments are the project's own rule.
Every amount is an exact Fraction until it is rounded once, half away from zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from tests.reference.arithmetic import period_around, round_half_away
from tests.reference.histories import Discount, History, Invoice, Item, Line, Price, State
from tests.reference.pricing import applies, in_force, tier_lines, used
from tests.reference.settling import Settling

DRAFT_SECONDS = 20
GRACE_SECONDS = 3600


@dataclass
class Leg:
    """A pending proration: the line, and where it stands in the invoice."""

    since: int
    created: int
    position: int
    line: Line


@dataclass
class Debit:
    """What an item was last charged, after discounts, and for which time."""

    start: int
    end: int
    amount: int
    price: Price
    quantity: int


class Walk:
    """The state of one subscription on its way through time."""

    def __init__(self, history: History, as_of: int) -> None:
        self.history, self.as_of = history, as_of
        self.invoices: list[Invoice] = []
        self.pending: list[Leg] = []
        self.settling = Settling(history)
        self.debits: dict[str, Debit] = {}
        self.charged_in_advance = self.rated_before_end = 0

    # ------------------------------------------------------------------ lines
    def recurring(self, item: Item, start: int, end: int, full_start: int, is_trial: bool) -> list[Line]:
        """A licensed price in advance: 0 in a trial, a part of it for a stub."""
        price, quantity = item.price, Decimal(item.quantity or 0)
        if is_trial:
            return [Line("recurring", item.item_id, price.price_id, price.product_id, start, end, quantity, 0)]
        part = Fraction(end - start, end - full_start)
        return [
            Line(
                "recurring",
                item.item_id,
                price.price_id,
                price.product_id,
                start,
                end,
                units,
                round_half_away(exact * part),
            )
            for units, exact in tier_lines(price, quantity)
        ]

    def usage_lines(self, item: Item, window: tuple[int, int], start: int, end: int) -> list[Line]:
        """A metered price in arrears. The line is for the window in flexible billing, for the period in classic."""
        price, quantity = item.price, used(self.history, item.price, *window)
        period = window if self.history.billing_mode == "flexible" else (start, end)
        return [
            Line("usage", item.item_id, price.price_id, price.product_id, *period, units, round_half_away(exact))
            for units, exact in tier_lines(price, quantity)
        ]

    def stretches(self) -> list[tuple[int, int, Item]]:
        """From when to when each metered price stood on its item."""
        spans: dict[tuple[str, str], list[tuple[int, int, Item]]] = {}
        states = self.history.states
        for number, state in enumerate(states):
            until = states[number + 1].at if number + 1 < len(states) else 1 << 60
            for item in state.items:
                if item.price.usage_type != "metered":
                    continue
                known = spans.setdefault((item.item_id, item.price.price_id), [])
                if known and known[-1][1] == state.at:
                    known[-1] = (known[-1][0], until, item)
                else:
                    known.append((state.at, until, item))
        return [stretch for pieces in spans.values() for stretch in pieces]

    def arrears(self, start: int, end: int) -> list[Line]:
        """Usage of a period under the prices that stand at its end, since they came."""
        standing = [(since, item) for since, until, item in self.stretches() if since < end <= until]
        last = max((state for state in self.history.states if state.at < end), key=lambda state: state.at)
        positions = {item.item_id: i for i, item in enumerate(last.items)}
        standing.sort(key=lambda one: (-one[1].created, -positions[one[1].item_id]))
        return [
            line for since, item in standing for line in self.usage_lines(item, (max(since, start), end), start, end)
        ]

    def gone(self, old: State, start: int, at: int) -> list[Leg]:
        """Flexible billing: the usage so far of metered prices that a change takes away, pending like a proration."""
        if self.history.billing_mode != "flexible":
            return []
        return [
            Leg(at, item.created, old.items.index(item), line)
            for since, until, item in self.stretches()
            if until == at
            for line in self.usage_lines(item, (max(since, start), at), start, at)
        ]

    # ------------------------------------------------------------------ invoices
    def invoice(
        self, reason: str, due: int, period: tuple[int, int], items: list[Line], discounts: tuple[Discount, ...]
    ) -> None:
        """Sweeps the pending prorations in, takes off discounts and grants, and remembers what items were charged."""
        legs = sorted(
            self.pending, key=lambda leg: (-leg.since, -leg.created, -leg.position, leg.line.kind == "proration_charge")
        )
        legs.sort(key=lambda leg: -leg.since)
        self.pending = []
        created = due if reason in ("create", "update") else due + DRAFT_SECONDS
        finalized = created if reason in ("create", "update") else created + GRACE_SECONDS
        lines = [leg.line for leg in legs] + items
        taken = self.settling.discount(lines, in_force(discounts, created))
        for i, line in enumerate(lines):
            if line.kind == "recurring" and line.item_id is not None:
                debit = self.debits[line.item_id]
                debit.amount += line.amount - taken.get(i, 0)
        self.invoices.append(
            Invoice(
                self.history.subscription_id,
                len(self.invoices),
                reason,
                due,
                *period,
                created,
                finalized,
                tuple(lines),
                tuple(taken.get(i, 0) for i in range(len(lines))),
            )
        )

    def advance(self, state: State, start: int, end: int, full_start: int, is_trial: bool) -> list[Line]:
        """Licensed prices of the coming period; the charges start anew."""
        licensed = tuple(item for item in state.items if item.price.usage_type == "licensed")
        self.debits = {item.item_id: Debit(start, end, 0, item.price, item.quantity or 0) for item in licensed}
        ordered = sorted(enumerate(state.items), key=lambda pair: (-pair[1].created, -pair[0]))
        lines = [
            line
            for _, item in ordered
            if item.price.usage_type == "licensed"
            for line in self.recurring(item, start, end, full_start, is_trial)
        ]
        self.charged_in_advance, self.rated_before_end = sum(line.amount for line in lines), 0
        return lines

    def true_up(self, start: int, end: int, arrears: list[Line]) -> list[Leg]:
        """What is missing of the commitment after a full period: no prorations, before discounts and credits."""
        promised = [one for one in self.history.commitments if one.since <= start][-1:]
        if not promised or (promised[0].until is not None and promised[0].until < end):
            return []
        rated = self.charged_in_advance + self.rated_before_end + sum(line.amount for line in arrears)
        shortfall = promised[0].amount - rated
        line = Line("commitment", None, None, "", start, end, Decimal(1), shortfall)
        return [Leg(end, end, 0, line)] if shortfall > 0 else []

    def legs(self, old: State, new: State, at: int, end: int, full_start: int, is_ending: bool) -> list[Leg]:
        """Credits and charges of a change, by the second; of an end or a restart: credits for everything."""
        before = {item.item_id: (i, item) for i, item in enumerate(old.items) if item.price.usage_type == "licensed"}
        after = {item.item_id: (i, item) for i, item in enumerate(new.items) if item.price.usage_type == "licensed"}
        part = Fraction(end - at, end - full_start)
        running = [
            one
            for one in in_force(new.discounts, at)
            if one.duration != "once" or one.discount_id not in self.settling.used_once
        ]
        gone = [
            (i, item)
            for key, (i, item) in before.items()
            if is_ending
            or key not in after
            or (after[key][1].price, after[key][1].quantity) != (item.price, item.quantity)
        ]
        come = [
            (i, item)
            for key, (i, item) in after.items()
            if not is_ending
            and (key not in before or (before[key][1].price, before[key][1].quantity) != (item.price, item.quantity))
        ]
        legs = []
        for kind, side in (("proration_credit", gone), ("proration_charge", come)):
            for i, item in side:
                sharing = list(new.items) if self.history.billing_mode == "flexible" else [one for _, one in side]
                off = self.even_share(sharing, item, running)
                line = self.leg_line(kind, item, at, end, part, running, off)
                if line is not None:
                    legs.append(Leg(at, item.created, i, line))
        return legs

    def even_share(self, side: list[Item], item: Item, running: list[Discount]) -> int:
        """What an amount off takes from one leg: spread evenly over its side, the rest to the first.

        Flexible billing divides it among all items; with more than one of them the models leave it.
        """
        total = 0
        for one in running:
            sharing = sorted(leg.item_id for leg in side if applies(one, leg.price.product_id))
            if one.amount is not None and item.item_id in sharing:
                share, rest = divmod(one.amount, len(sharing))
                total += share + (rest if sharing[0] == item.item_id else 0)
        return total

    def leg_line(
        self, kind: str, item: Item, at: int, end: int, part: Fraction, running: list[Discount], off: int
    ) -> Line | None:
        """One side of a change. Flexible billing gives back a part of what was charged; classic the price of now."""
        price = item.price
        if kind == "proration_credit" and self.history.billing_mode == "flexible":
            debit = self.debits.pop(item.item_id, None)
            if debit is None:
                return None
            amount = round_half_away(Fraction(debit.amount) * Fraction(end - at, end - debit.start))
            quantity = Decimal(debit.quantity)
            return Line(kind, item.item_id, debit.price.price_id, debit.price.product_id, at, end, quantity, -amount)
        exact = max(tier_lines(price, Decimal(item.quantity or 0))[0][1] - off, Fraction(0)) * part
        for one in running:
            if one.percent is not None and applies(one, price.product_id):
                exact *= 1 - Fraction(one.percent) / 100
        amount = round_half_away(exact)
        if kind == "proration_charge":
            self.debits[item.item_id] = Debit(at, end, amount, price, item.quantity or 0)
        sign = -1 if kind == "proration_credit" else 1
        quantity = Decimal(item.quantity or 0)
        return Line(kind, item.item_id, price.price_id, price.product_id, at, end, quantity, sign * amount)

    # ------------------------------------------------------------------ time
    def run(self) -> list[Invoice]:
        """All invoices up to the as-of instant."""
        history = self.history
        state = history.states[0]
        coming = list(history.states[1:])
        start = state.at
        is_trial = history.trial_end is not None and history.trial_end > start
        full_start, end = self.bounds(state, start, is_trial)
        if full_start < start and state.proration == "none":
            self.debits, self.charged_in_advance = {}, 0  # a stub that is not prorated is free and has no invoice
        else:
            lines = self.advance(state, start, end, full_start, is_trial)
            if lines or history.billing_mode != "flexible":
                self.invoice("create", start, (start, start), lines, state.discounts)
        while True:
            stop = min(end, history.ended or end)
            if coming and coming[0].at < stop and coming[0].at <= self.as_of:
                new = coming.pop(0)
                is_restart = not is_trial and (new.anchor != state.anchor or self.grid(new) != self.grid(state))
                if is_restart:
                    if new.proration != "none":
                        self.pending += self.legs(state, new, new.at, end, full_start, True)
                    arrears = self.arrears(start, new.at)
                    period, start = (start, new.at), new.at
                    full_start, end = self.bounds(new, start, False)
                    lines = self.in_order(arrears, self.advance(new, start, end, full_start, False), state, new)
                    self.invoice("update", start, period, lines, new.discounts)
                elif not is_trial and new.proration != "none":
                    usage = self.gone(state, start, new.at)
                    self.rated_before_end += sum(leg.line.amount for leg in usage)
                    legs = self.legs(state, new, new.at, end, full_start, False) + usage
                    self.pending += legs
                    if legs and new.proration == "always_invoice":
                        self.invoice("update", new.at, (new.at, new.at), [], new.discounts)
                state = new
                continue
            if stop > self.as_of:
                return self.invoices
            arrears = [] if is_trial else self.arrears(start, stop)
            is_full = start == full_start and stop == end and not is_trial
            true_up = self.true_up(start, stop, arrears) if is_full else []
            if history.ended is not None and stop == history.ended:
                if stop < end and history.end_proration != "none" and not is_trial:
                    self.pending += self.legs(state, state, stop, end, full_start, True)
                if arrears or self.pending:
                    self.pending += true_up
                    self.invoice("cancel", stop, (start, stop), arrears, state.discounts)
                return self.invoices
            self.pending += true_up
            while coming and coming[0].at <= stop:
                state = coming.pop(0)
            period, start, is_trial = (start, stop), stop, False
            full_start, end = self.bounds(state, start, False)
            lines = self.in_order(arrears, self.advance(state, start, end, full_start, False), state, state)
            self.invoice("cycle", stop, period, lines, state.discounts)

    def in_order(self, arrears: list[Line], advance: list[Line], old: State, new: State) -> list[Line]:
        """Usage and recurring lines together, by their items: newest first, equal instants in reverse order."""
        rank = {}
        for state in (old, new):
            for i, item in enumerate(state.items):
                rank[item.item_id] = (-item.created, -i)
        return sorted(arrears + advance, key=lambda line: rank[line.item_id or ""])

    @staticmethod
    def grid(state: State) -> tuple[str, int]:
        """The billing interval of a state."""
        return state.items[0].price.interval, state.items[0].price.interval_count

    def bounds(self, state: State, at: int, is_trial: bool) -> tuple[int, int]:
        """The full period around an instant; a trial is a period of its own."""
        if is_trial:
            return at, self.history.trial_end or at
        return period_around(state.anchor, *self.grid(state), at)


def rate(history: History, as_of: int) -> list[Invoice]:
    """Every invoice of a history up to the as-of instant, in the order in which they are due.

    Grants and the customer balance are used up in the order in which invoices are finalized.
    """
    walk = Walk(history, as_of)
    settled = {}
    for invoice in sorted(walk.run(), key=lambda one: (one.finalized, one.number)):
        credited = replace(invoice, credits=walk.settling.credit(invoice))
        settled[invoice.number] = replace(credited, settlement=walk.settling.settle(credited.total))
    return [settled[number] for number in sorted(settled)]

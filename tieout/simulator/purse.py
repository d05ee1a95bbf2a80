"""A customer's credits: grants that invoices use up, and the balance that finalization settles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tieout.simulator import adjustment_objects
from tieout.simulator.invoices import Invoice
from tieout.simulator.people import Customer
from tieout.simulator.settle import Use, credit_lines, give_back
from tieout.simulator.terms import Grant

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller


class Purse:
    """Grants and balance of one customer, and what Stripe writes of them."""

    def __init__(self, desk: Biller, customer: Customer) -> None:
        self.desk, self.customer = desk, customer
        self.balance = 0
        self._goodwill = sorted(customer.terms.goodwill)

    @property
    def grants(self) -> list[Grant]:
        """In the order in which they are used."""
        return sorted(self.customer.terms.grants, key=lambda grant: grant.order)

    def grant(self) -> None:
        """Write the grants and that they were given."""
        for grant in self.grants:
            self.desk.put(self.customer, "billing.credit_grant.jsonl", adjustment_objects.grant(self.customer, grant))
            self._grant_moved(grant, "credits_granted", grant.amount, grant.effective)

    def _grant_moved(
        self, grant: Grant, kind: str, amount: int, at: int, txn_id: str | None = None, used: Any = None
    ) -> None:
        obj = adjustment_objects.grant_transaction(
            txn_id or self.desk.ids.new("cbtxn"), self.customer.currency, grant, kind, amount, at, used
        )
        self.desk.put(self.customer, "billing.credit_balance_transaction.jsonl", obj)

    def would_pay(self, invoice: Invoice) -> int:
        """What grants would pay of the invoice; nothing is taken."""
        uses = credit_lines(invoice.lines, self.grants, invoice.period_end, self.desk.ids) if self.grants else []
        give_back(uses)
        return sum(amount for _, _, amount, _ in uses)

    def pay(self, invoice: Invoice, at: int) -> None:
        """Use grants on the lines, rightly or as a fault has it."""
        if not self.grants:
            return
        way, grants, end = invoice.ways.credits, self.grants, invoice.period_end
        right = self.would_pay(invoice) if way else 0
        uses: list[Use] = []
        if way == "wrong_order":
            uses = credit_lines(invoice.lines, grants[::-1], end, self.desk.ids)
        elif way == "expired_used":
            uses = credit_lines(invoice.lines, grants, min(g.effective for g in grants), self.desk.ids)
        elif way != "not_applied":
            uses = credit_lines(invoice.lines, grants, end, self.desk.ids)
        if way == "partly_applied":
            give_back(uses)
            uses = [(g, line, max(amount // 2, 1), txn) for g, line, amount, txn in uses[:1]]
            for grant, line, amount, txn in uses:
                grant.spent += amount
                line.credits.append((txn, amount))
        for grant, line, amount, txn in uses:
            self._grant_moved(grant, "credits_applied", amount, at, txn, (invoice.invoice_id, line.line_id))
        if way:
            invoice.reckoned["credits"] = (-right, -invoice.credited)

    def receive(self, before: int) -> None:
        """Goodwill given before an instant reaches the balance."""
        while self._goodwill and self._goodwill[0][0] < before:
            at, amount = self._goodwill.pop(0)
            self._move("adjustment", amount, at, None)

    def _move(self, kind: str, amount: int, at: int, invoice_id: str | None) -> None:
        self.balance += amount
        txn = adjustment_objects.balance_transaction(
            self.customer, self.desk.ids.new("cbtxn"), kind, at, amount, self.balance, invoice_id
        )
        self.desk.put(self.customer, "customer_balance_transaction.jsonl", txn)

    def settle_balance(self, invoice: Invoice, at: int, minimum: int) -> None:
        """The whole balance is applied; what is too small to charge, or negative, becomes balance."""
        start, way = self.balance, invoice.ways.balance
        after = invoice.total + start
        ending, kind = min(after, 0), "applied_to_invoice"
        if 0 < after < minimum:
            ending, kind = after, "invoice_too_small"
        right = start - ending
        if way in ("not_applied", "overlooked"):
            ending = start
        elif way == "partly_applied":
            ending = start - start // 2
        elif way == "over_applied":
            ending = 150
        elif way == "applied_twice":
            ending = -start
        elif way == "wrong_sign":
            ending = 2 * start
        if ending != start:
            self._move(kind, ending - start, at, invoice.invoice_id)
        stated = (0, 0) if way == "overlooked" else (start, ending)
        invoice.starting_balance, invoice.ending_balance = stated
        invoice.amount_due = invoice.total + start - ending
        if way:
            invoice.reckoned["balance"] = (right, start - ending)

    def close(self) -> None:
        """What expired has expired; the truth learns how all grants stand."""
        for grant in self.grants:
            if grant.expires is not None and grant.expires <= self.desk.end:
                rest = max(grant.left, 0)
                grant.expired = rest
                if rest:
                    self._grant_moved(grant, "credits_expired", rest, grant.expires)
            self.desk.truth.grant(self.customer, grant)

"""Faults between what was sold and what Stripe was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tieout.simulator.faults.base import Plant, figures, register
from tieout.simulator.invoices import Invoice, commitment_line
from tieout.simulator.people import Customer
from tieout.simulator.periods import DAY, iso
from tieout.simulator.terms import TermsMaker

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller


def _give_contract(customer: Customer) -> None:
    if customer.contract_id is None:
        customer.contract_id = f"ctr_{customer.number}"
        customer.account_id = f"acct-{customer.number}"


class _OfContract(Plant):
    """A fault of the contract itself: it is written wrongly when contracts are."""

    changes_totals = False
    plans: ClassVar[tuple[str, ...]] = ("Pro", "Ultra", "Team", "Enterprise")

    def suits(self, customer: Customer) -> bool:
        return super().suits(customer) and not customer.contract_way

    def prepare(self, customer: Customer, maker: TermsMaker) -> None:
        _give_contract(customer)
        customer.contract_way = self.variant

    def at_the_end(self, customer: Customer, desk: Biller) -> None:
        desk.truth.fault(
            **self.of(customer), object_id=customer.contract_id, impact_minor=None, **self.fields(customer, desk)
        )

    def at_cycle(self, life: Any, k: int) -> None:
        self.is_planted = True  # it needs no invoice

    def fields(self, customer: Customer, desk: Biller) -> dict[str, Any]:
        """What identifies it beside the contract."""
        return {}


@register
class ContractUnbilled(_OfContract):
    """Sold, and Stripe has nobody of that name, a subscription for another deal, or one that has ended early."""

    kind = "contract_unbilled"
    variants = ("ended_early", "not_in_stripe", "further_deal")
    wants_final = ("ended_early",)

    def of(self, customer: Customer) -> dict[str, Any]:
        common = super().of(customer)
        if not self.is_final:
            common |= {"customer_id": None if self.variant == "not_in_stripe" else common["customer_id"]}
        return {k: v for k, v in common.items() if k != "subscription_id"}

    def prepare(self, customer: Customer, maker: TermsMaker) -> None:
        if self.is_final:
            super().prepare(customer, maker)
        else:
            customer.further_contract = self.variant
            if self.variant == "further_deal":
                _give_contract(customer)

    def suits(self, customer: Customer) -> bool:
        return super().suits(customer) and not customer.further_contract

    def at_the_end(self, customer: Customer, desk: Biller) -> None:
        if self.is_final:
            super().at_the_end(customer, desk)
        else:
            desk.truth.fault(**self.of(customer), object_id=f"ctr_{customer.number}_2", impact_minor=None)


@register
class ContractQuantityMismatch(_OfContract):
    kind = "contract_quantity_mismatch"
    variants = ("fewer_subscribed", "more_subscribed", "amendment_not_applied", "applied_too_early")
    plans = ("Team", "Enterprise")

    def fields(self, customer: Customer, desk: Biller) -> dict[str, Any]:
        seats = [i for i in customer.subscription.items if i.quantity is not None][-1]
        return {"price_id": seats.price.price_id}


@register
class ContractPriceMismatch(_OfContract):
    kind = "contract_price_mismatch"
    variants = ("other_version_sold", "not_subscribed")
    plans = ("Pro", "Team")

    def fields(self, customer: Customer, desk: Biller) -> dict[str, Any]:
        key = "privacy_addon"
        if self.variant == "other_version_sold":
            own = next(i for i in customer.subscription.items if i.quantity is not None).price.key
            key = {"pro_month": "pro_month_2024", "team_seat": "team_seat_2024"}[own]
        return {"price_id": desk.catalogue.price(key, customer.currency).price_id}


@register
class CommitmentShortfall(Plant):
    """The shortfall of a commitment is not invoiced, or another amount is."""

    kind = "commitment_shortfall"
    variants = ("not_invoiced", "usage_only", "half", "none_due")
    plans = ("Team", "Enterprise")
    claims = ("commitment",)

    def prepare(self, customer: Customer, maker: TermsMaker) -> None:
        _give_contract(customer)
        s = customer.subscription
        recurring = sum(int(i.quantity * (i.price.unit or 0)) for i in s.items if i.quantity is not None)
        maker.commit(customer, above=recurring * 2)
        if self.variant == "none_due":
            customer.terms.commitment = 100

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        own = [line for line in invoice.lines if line.kind == "commitment"]
        expected = sum(line.amount for line in own)
        usage = sum(line.amount for line in invoice.lines if line.kind == "usage")
        committed = invoice.customer.terms.commitment
        if bool(own) == (self.variant == "none_due") or committed is None:
            return None
        actual = {
            "not_invoiced": 0, "usage_only": committed - usage, "half": expected // 2, "none_due": 10_000,
        }[self.variant]  # fmt: skip
        if actual < 0 or actual == expected:
            return None
        invoice.lines = [line for line in invoice.lines if line.kind != "commitment"]
        if actual:
            period = (invoice.period_start, invoice.period_end)
            invoice.lines = [commitment_line(desk.ids, invoice.customer.currency, period, actual), *invoice.lines]
        return {
            "object_id": invoice.customer.contract_id,
            "invoice_id": invoice.invoice_id,
            "period_start": iso(invoice.period_start),
            **figures(expected, actual),
        }


def contract_lines(customer: Customer, catalogue: Any, end_s: int) -> list[dict[str, Any]]:
    """A customer's contract and its amendments, as a fault has it."""
    s, way, change = customer.subscription, customer.contract_way, customer.terms.change
    items: list[dict[str, Any]] = []
    for i in s.items:
        quantity = {"quantity": i.quantity} if i.quantity is not None else {}
        items.append({"price": i.price.price_id, **quantity})
    seats = next((row for row in reversed(items) if "quantity" in row), items[0])
    if way == "fewer_subscribed":
        seats["quantity"] += 3
    elif way == "more_subscribed":
        seats["quantity"] += -1 if seats["quantity"] > 1 else 1
    elif way == "other_version_sold":
        own = next(i for i in s.items if i.quantity is not None).price.key
        other = {"pro_month": "pro_month_2024", "team_seat": "team_seat_2024"}[own]
        seats["price"] = catalogue.price(other, customer.currency).price_id
    elif way == "not_subscribed":
        items.append({"price": catalogue.price("privacy_addon", customer.currency).price_id, "quantity": 1})
    commitment = customer.terms.commitment
    base: dict[str, Any] = {
        "contract_id": customer.contract_id,
        "account_id": customer.account_id,
        "account_name": customer.name,
        "customer": customer.customer_id,
        "starts_at": iso(customer.created),
        "ends_at": iso(s.cancel_at) if s.cancel_at and way != "ended_early" else None,
        "currency": customer.currency,
        "items": items,
        "coupon": None,
        "commitment": None if commitment is None else {"amount_minor": commitment, "interval": "month"},
        "limits": [],
    }
    out = [base]
    if change is not None and s.before is not None:
        out = [_with_seats(base, s.before[0], customer.created, price=s.before[1].price_id), base]
        base["starts_at"] = iso(change.at)
    if way == "amendment_not_applied":
        out.append(_with_seats(base, seats["quantity"] + 4, end_s - 6 * DAY))
    elif way == "applied_too_early":
        out = [_with_seats(row, seats["quantity"] + 2, None) for row in out]
        out.append({**base, "starts_at": iso(end_s + 6 * DAY)})
    return out


def further_contract(customer: Customer, catalogue: Any) -> dict[str, Any]:
    """A contract of an account that is nobody in Stripe, or a customer's second one for what is not subscribed."""
    if customer.further_contract == "further_deal":
        price = catalogue.price("privacy_addon", customer.currency)
        owner = {"customer": customer.customer_id, "account_id": customer.account_id, "account_name": customer.name}
    else:
        price = customer.subscription.items[0].price
        owner = {"customer": None, "account_id": f"acct-{customer.number}-2", "account_name": f"{customer.name} II"}
    return {
        "contract_id": f"ctr_{customer.number}_2",
        **owner,
        "starts_at": iso(customer.created),
        "ends_at": None,
        "currency": customer.currency,
        "items": [{"price": price.price_id, "quantity": 4}],
        "coupon": None,
        "commitment": {"amount_minor": 100_000, "interval": "month"},  # of nothing that is subscribed
        "limits": [],
    }


def _with_seats(row: dict[str, Any], seats: int, starts: int | None, price: str | None = None) -> dict[str, Any]:
    items = [dict(i) for i in row["items"]]
    own = next((i for i in reversed(items) if "quantity" in i), items[0])
    own["quantity"] = seats
    if price is not None:
        own["price"] = price
    return {**row, "items": items, "starts_at": row["starts_at"] if starts is None else iso(starts)}

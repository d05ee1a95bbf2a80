"""Which version of an object counts: decided by its own evidence, never by where in which file it stands."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from tests.models.stripe.landed import START, Landings, Line, event, invoice, land, subscription

CHARGE = {
    "id": "ch_1",
    "object": "charge",
    "amount": 1000,
    "created": START,
    "currency": "usd",
    "customer": "cus_1",
    "livemode": True,
}
MOVE = {"object": "balance_transaction", "amount": 5, "net": 5, "currency": "usd", "created": START}
CUSTOMER = {"id": "cus_1", "object": "customer", "created": START, "livemode": True, "name": "Acme"}
PRICE = {"id": "price_1", "object": "price", "currency": "usd", "billing_scheme": "tiered", "livemode": True}


def balance_move(number: int, seconds: int, amount: int, ending: int) -> dict[str, Any]:
    return {
        "id": f"cbtx_{number}",
        "object": "customer_balance_transaction",
        "amount": amount,
        "ending_balance": ending,
        "created": START + seconds,
        "customer": "cus_1",
        "currency": "usd",
    }


CASES: dict[str, tuple[list[Line], str, str, Any]] = {
    "an earlier listing of an invoice is behind the event that paid it": (
        [invoice("open"), event("invoice.finalized", 10, invoice("open")), event("invoice.paid", 20, invoice("paid"))],
        "int_invoices_current",
        "status",
        "paid",
    ),
    "a listing that no event tells of counts when it is further on": (
        [event("invoice.created", 10, invoice("draft")), invoice("paid")],
        "int_invoices_current",
        "status",
        "paid",
    ),
    "events of one second are ordered by status": (
        [event("invoice.paid", 10, invoice("paid")), event("invoice.finalized", 10, invoice("open"))],
        "int_invoices_current",
        "status",
        "paid",
    ),
    "a written-off invoice that fails once more stays written off": (
        [
            event("invoice.marked_uncollectible", 10, invoice("uncollectible")),
            event("invoice.payment_failed", 10, invoice("open", attempt_count=4)),
        ],
        "int_invoices_current",
        "status",
        "uncollectible",
    ),
    "credit notes after payment only grow, and have no event": (
        [event("invoice.paid", 10, invoice("paid")), invoice("paid", post_payment_credit_notes_amount=7)],
        "int_invoices_current",
        "post_payment_credit_notes_minor",
        7,
    ),
    "of two listings without events the one with more credit notes": (
        [invoice("paid", post_payment_credit_notes_amount=7), invoice("paid")],
        "int_invoices_current",
        "post_payment_credit_notes_minor",
        7,
    ),
    "a draft that Stripe stopped advancing shows it only in the listing": (
        [event("invoice.created", 10, invoice("draft", auto_advance=True)), invoice("draft", auto_advance=False)],
        "int_invoices_current",
        "is_auto_advance",
        False,
    ),
    "a subscription that recovered is newer than the one past due": (
        [
            event("customer.subscription.updated", 10, subscription(status="past_due")),
            event("customer.subscription.updated", 20, subscription(status="active")),
            subscription(status="past_due"),
        ],
        "int_subscriptions_current",
        "status",
        "active",
    ),
    "a listing past due that no event tells of is newer than the active event": (
        [event("customer.subscription.updated", 10, subscription(status="active")), subscription(status="past_due")],
        "int_subscriptions_current",
        "status",
        "past_due",
    ),
    "an ended subscription never comes back": (
        [subscription(status="canceled"), event("customer.subscription.updated", 10, subscription(status="active"))],
        "int_subscriptions_current",
        "status",
        "canceled",
    ),
    "a listing of the period before is behind the event of the next": (
        [
            event(
                "customer.subscription.updated",
                1000,
                subscription(current_period_start=START + 1000, current_period_end=START + 2000),
            ),
            subscription(quantity=7),
        ],
        "int_subscriptions_current",
        "items[1].quantity",
        1,
    ),
    "the latest invoice changes without an event": (
        [event("customer.subscription.created", 10, subscription()), subscription(latest_invoice="in_2")],
        "int_subscriptions_current",
        "latest_invoice_id",
        "in_2",
    ),
    "a listing that repeats an older event is that event": (
        [
            event("customer.subscription.created", 10, subscription(latest_invoice="in_9")),
            event("customer.subscription.updated", 20, subscription(quantity=2)),
            event("customer.subscription.updated", 30, subscription(latest_invoice="in_3")),
            subscription(latest_invoice="in_9"),
        ],
        "int_subscriptions_current",
        "latest_invoice_id",
        "in_3",
    ),
    "what is refunded only grows": (
        [{**CHARGE, "amount_refunded": 300}, {**CHARGE, "amount_refunded": 900}, {**CHARGE, "amount_refunded": 0}],
        "int_charges_current",
        "amount_refunded_minor",
        900,
    ),
    "what is paid out is never unpaid again": (
        [{**MOVE, "id": "txn_1", "payout": "po_1"}, {**MOVE, "id": "txn_1", "payout": None, "status": "available"}],
        "int_balance_transactions_current",
        "payout_id",
        "po_1",
    ),
    "the customer's balance is what the latest transaction left": (
        [
            {**CUSTOMER, "balance": -500},
            {**CUSTOMER, "balance": 0},
            {**CUSTOMER, "balance": -200},
            balance_move(1, 10, -500, -500),
            balance_move(2, 20, 300, -200),
        ],
        "int_customers_current",
        "balance_minor",
        -200,
    ),
    "of balance transactions of one second the last is the one that none starts from": (
        [
            {**CUSTOMER, "balance": -500},
            {**CUSTOMER, "balance": 0},
            balance_move(9, 10, -500, -500),
            balance_move(1, 10, 500, 0),
            balance_move(5, 5, -1, -500),
        ],
        "int_customers_current",
        "balance_minor",
        0,
    ),
    "a listing that has what an event changed is behind it": (
        [
            {**CUSTOMER, "email": "old@example.com", "metadata": {"plan": "a"}},
            {**CUSTOMER, "email": "new@example.com", "metadata": {}},
            event(
                "customer.updated",
                10,
                {**CUSTOMER, "email": "new@example.com", "metadata": {}},
                previous={"email": "old@example.com", "metadata": {"plan": "a", "seats": None}},
            ),
        ],
        "int_customers_current",
        "email",
        "new@example.com",
    ),
    "a listing is behind an event whose change another event changed once more": (
        [
            {**CUSTOMER, "email": "z1@example.com"},
            event(
                "customer.updated", 10, {**CUSTOMER, "email": "z2@example.com"}, previous={"email": "z1@example.com"}
            ),
            event(
                "customer.updated", 20, {**CUSTOMER, "email": "a3@example.com"}, previous={"email": "z2@example.com"}
            ),
        ],
        "int_customers_current",
        "email",
        "a3@example.com",
    ),
    "a change that was taken back tells nothing about a listing": (
        [
            {**CUSTOMER, "email": "one@example.com", "delinquent": True},
            event(
                "customer.updated", 10, {**CUSTOMER, "email": "two@example.com"}, previous={"email": "one@example.com"}
            ),
            event(
                "customer.updated", 20, {**CUSTOMER, "email": "one@example.com"}, previous={"email": "two@example.com"}
            ),
        ],
        "int_customers_current",
        "is_delinquent",
        True,
    ),
    "of two changes in one second the one that knows of the other is the later": (
        [
            event("customer.updated", 10, {**CUSTOMER, "email": "z@example.com"}, 1, {"email": "a@example.com"}),
            event("customer.updated", 10, {**CUSTOMER, "email": "b@example.com"}, 2, {"email": "z@example.com"}),
        ],
        "int_customers_current",
        "email",
        "b@example.com",
    ),
    "a subscription listed before its items changed is behind that event": (
        [
            subscription(quantity=9),
            event(
                "customer.subscription.updated",
                10,
                subscription(quantity=2),
                previous={"items": subscription(quantity=9)["items"]},
            ),
        ],
        "int_subscriptions_current",
        "cast(items[1].quantity as integer)",
        2,
    ),
    "a list that has grown since is not what was there before": (
        [
            {**CUSTOMER, "name": "Two locales", "preferred_locales": ["de", "en"]},
            event(
                "customer.updated",
                10,
                {**CUSTOMER, "name": "Another locale", "preferred_locales": ["fr"]},
                previous={"preferred_locales": ["de"]},
            ),
        ],
        "int_customers_current",
        "name",
        "Two locales",
    ),
    "a deleted customer keeps its name": (
        [{**CUSTOMER, "balance": 0}, {"id": "cus_1", "object": "customer", "deleted": True}],
        "int_customers_current",
        "name || ' ' || is_deleted",
        "Acme true",
    ),
    "a price with its tiers is worth more than one without": (
        [{**PRICE, "nickname": "z"}, {**PRICE, "nickname": "a", "tiers": [{"up_to": None, "unit_amount": 1}]}],
        "int_prices_current",
        "len(tiers)",
        1,
    ),
    "the same window of a meter asked again can only have grown": (
        [
            {
                "id": f"mtrusg_{value}",
                "object": "billing.meter_event_summary",
                "customer": "cus_1",
                "meter": "mtr_1",
                "start_time": START,
                "end_time": START + 60,
                "aggregated_value": value,
            }
            for value in (9, 10.5, 10.25)
        ],
        "int_meter_event_summaries_current",
        "cast(aggregated_value * 100 as bigint)",
        1050,
    ),
    "a meter's total may have more digits than an integer": (
        [
            {
                "id": "mtrusg_1",
                "object": "billing.meter_event_summary",
                "customer": "cus_1",
                "meter": "mtr_1",
                "start_time": START,
                "end_time": START + 60,
                "aggregated_value": value,
            }
            for value in (10**20, 10**20 - 1)
        ],
        "int_meter_event_summaries_current",
        "cast(aggregated_value as hugeint)",
        10**20,
    ),
    "where nothing tells, the greater text with sorted keys": (
        [
            '{"name":"B","id":"prod_1","object":"product","active":true}',
            '{"active":true,"id":"prod_1","name":"C","object":"product"}',
        ],
        "int_products_current",
        "name",
        "C",
    ),
    "null is text like any other": (
        [
            '{"id":"prod_1","object":"product","name":"z","active":null}',
            '{"id":"prod_1","object":"product","name":"a","active":true}',
        ],
        "int_products_current",
        "name",
        "a",
    ),
}


def _orders(lines: list[Line]) -> list[tuple[Line, ...]]:
    """As written, and two others."""
    every = list(permutations(lines))
    return [every[0], every[-1], every[len(every) // 2]]


@pytest.fixture(scope="module")
def landings() -> Landings:
    return Landings(
        {
            f"{case} {number}": [[line] for line in order]
            for case, (lines, *_) in CASES.items()
            for number, order in enumerate(_orders(lines))
        }
    )


@pytest.mark.parametrize("case", CASES)
def test_the_version_that_counts(case: str, landings: Landings) -> None:
    lines, model, expression, wanted = CASES[case]
    for number, _ in enumerate(_orders(lines)):
        models = landings.models(f"{case} {number}", [model])
        assert models.connection.execute(f"select {expression} from {model}").fetchall() == [(wanted,)]


def _single(model: str) -> Callable[[list[Line]], list[Any]]:
    return lambda lines: land([lines], models=[model]).connection.execute(f"select * from {model}").fetchall()


def test_a_deleted_draft_is_no_invoice() -> None:
    lines: list[Line] = [invoice("draft"), event("invoice.deleted", 10, invoice("deleted"))]
    assert _single("int_invoices_current")(lines) == []
    assert len(_single("int_invoices_current")(lines[:1])) == 1


def test_the_other_mode_is_quarantined_and_not_staged() -> None:
    lines: list[Line] = [
        {**CUSTOMER, "livemode": False},
        {**event("invoice.paid", 1, invoice("paid", livemode=False)), "livemode": False},
        {**CUSTOMER, "id": "cus_2"},
        {**MOVE, "id": "txn_1"},
    ]
    models = land([lines], models=["int_customers_current", "int_invoices_current", "int_balance_transactions_current"])
    models.table("int_stripe_other_livemode")
    quarantined = models.connection.execute(
        "select line_number, reason from int_stripe_other_livemode order by line_number"
    ).fetchall()
    assert quarantined == [(1, "other_livemode"), (2, "other_livemode")]
    assert models.connection.execute("select customer_id from int_customers_current").fetchall() == [("cus_2",)]
    assert models.connection.execute("select count(*) from int_invoices_current").fetchone() == (0,)
    assert models.connection.execute("select count(*) from int_balance_transactions_current").fetchone() == (1,)

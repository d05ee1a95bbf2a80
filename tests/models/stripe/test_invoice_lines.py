"""Lines of invoices: inside or as objects of their own, whole or not, with what their pending items know."""

from __future__ import annotations

from typing import Any

import pytest

from tests.models.stripe.landed import Landings, Line, invoice

MODELS = ["int_invoices_current", "int_invoice_items_current", "int_invoice_lines_current", "int_invoices_incomplete"]
FIRST = {"id": "il_1", "object": "line_item", "amount": 600}
SECOND = {"id": "il_2", "object": "line_item", "amount": 400}


def lines_of(*lines: dict[str, Any], has_more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": list(lines), "has_more": has_more}


# name: what landed; (line, position, is complete) of its lines; whether the invoice is known to lack some
CASES: dict[str, tuple[list[Line], list[tuple[str, int | None, bool]], bool]] = {
    "inside": ([invoice("open", lines=lines_of(FIRST, SECOND))], [("il_1", 0, True), ("il_2", 1, True)], False),
    "more": ([invoice("open", lines=lines_of(FIRST, has_more=True))], [("il_1", 0, False)], True),
    "beside": (
        [invoice("open", lines=lines_of(FIRST, has_more=True)), {**SECOND, "invoice": "in_1"}],
        [("il_1", 0, True), ("il_2", None, True)],
        False,
    ),
    "twice": (
        [invoice("open", lines=lines_of(FIRST, SECOND)), {**FIRST, "amount": 1, "invoice": "in_1"}],
        [("il_1", 0, True), ("il_2", 1, True)],
        False,
    ),
    "none": ([invoice("open", lines=None)], [], True),
    "of_no_known_invoice": ([{**FIRST, "invoice": "in_9"}], [], False),
    # an invoice that does not add up is whole all the same: that is a finding, not a gap
    "wrong_sum": ([invoice("open", subtotal=7, lines=lines_of(FIRST))], [("il_1", 0, True)], False),
}


@pytest.fixture(scope="module")
def landings() -> Landings:
    pending = {"type": "invoice_item_details", "invoice_item_details": {"invoice_item": "ii_1", "proration": True}}
    item = {
        "id": "ii_1",
        "object": "invoiceitem",
        "amount": 600,
        "parent": {"subscription_details": {"subscription": "sub_1", "subscription_item": "si_1"}},
        "pricing": {"price_details": {"price": "price_1"}},
    }
    line = {**FIRST, "parent": pending}
    named = {name: [[line] for line in lines] for name, (lines, *_) in CASES.items()}
    return Landings({**named, "pending_item": [[invoice("open", lines=lines_of(line, SECOND)), item]]})


@pytest.mark.parametrize("name", CASES)
def test_lines_and_whether_all_are_there(name: str, landings: Landings) -> None:
    _, wanted, is_incomplete = CASES[name]
    connection = landings.models(name, MODELS).connection
    rows = connection.execute(
        "select line_id, position, is_complete from int_invoice_lines_current order by 1"
    ).fetchall()
    assert rows == wanted
    assert connection.execute("select count(*) from int_invoices_incomplete").fetchone() == (int(is_incomplete),)


def test_a_line_from_a_pending_item_takes_the_subscription_item_from_it(landings: Landings) -> None:
    connection = landings.models("pending_item", MODELS).connection
    rows = connection.execute(
        "select line_id, invoice_item_id, subscription_item_id, subscription_id, price_id, is_proration "
        "from int_invoice_lines_current order by 1"
    ).fetchall()
    assert rows == [("il_1", "ii_1", "si_1", "sub_1", "price_1", True), ("il_2", None, None, None, None, False)]

"""What cannot be read is rejected with its line and the names of the fields, and takes nothing else with it."""

from __future__ import annotations

import json
from typing import Any

from tests.sources.stripe.typed_rows import land_lines, typed_rows
from tieout.sources.stripe_objects import type_objects
from tieout.store.datasets import DATASETS

PRODUCT = {"id": "prod_1", "object": "product", "name": "Team", "active": True, "created": 1780000000, "livemode": True}
CHARGE = {"id": "ch_1", "object": "charge", "amount": 1000, "currency": "usd", "created": 1780000000, "livemode": True}
INVOICE = {
    "id": "in_1",
    "object": "invoice",
    "currency": "usd",
    "created": 1780000000,
    "lines": {"data": [{"id": "il_1", "amount": 1, "quantity": 1}], "has_more": False},
}


def rows_of(*texts: str) -> list[dict[str, Any]]:
    """Rows of one file that holds these lines."""
    return typed_rows([("f", number, text) for number, text in enumerate(texts, 1)])


def rejects(*texts: str) -> list[tuple[int, str, str | None]]:
    """(line number, reason, detail) of what was rejected."""
    found = [row for row in rows_of(*texts) if row["dataset"] == "landing_rejects"]
    return [(row["line_number"], row["reason"], row.get("detail")) for row in found]


NO_OBJECTS = (
    ('{"id": "prod_1", "object": "prod', "broken_json"),
    ("not json at all", "broken_json"),
    ("[1, 2]", "not_an_object"),
    ('"text"', "not_an_object"),
    ("{}", "no_object_type"),
    ('{"id": "x", "object": null}', "no_object_type"),
)
BAD_CHARGES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"id": None}, "id"),
    ({"amount": None}, "amount"),
    ({"amount": 10.5}, "amount"),
    ({"amount": "ten"}, "amount"),
    ({"amount": 10**15}, "amount"),
    ({"amount": "-10000000000000.00"}, "amount"),
    ({"amount": "10.005"}, "amount"),
    ({"currency": ""}, "currency"),
    ({"created": None}, "created"),
    ({"created": "yesterday"}, "created"),
    ({"created": 10**15}, "created"),
    ({"paid": "yes"}, "paid"),
    ({"amount": "x", "refunded": 7}, "amount, refunded"),
)
BAD_LINES: tuple[tuple[Any, str], ...] = (
    ({"data": [{"id": "il_1", "amount": 1}, {"id": "il_2", "amount": "x"}]}, "lines.data.amount"),
    ({"data": [{"id": "il_1", "amount": 1, "quantity_decimal": "1e40"}]}, "lines.data.quantity_decimal"),
    ({"data": [{"id": "il_1", "amount": 1, "quantity_decimal": "0.0000000000001"}]}, "lines.data.quantity_decimal"),
    ({"data": ["il_1"]}, "lines.data.id"),
    (
        {"data": [{"id": "il_1", "amount": 1, "discount_amounts": [{"amount": {}}]}]},
        "lines.data.discount_amounts.amount",
    ),
    ({"data": [{"id": "il_1", "amount": 1, "taxes": [{"amount": "x"}]}]}, "lines.data.taxes"),
    ({"data": "il_1"}, "lines.data"),
    ("il_1", "lines.data"),
)
AMOUNTS: tuple[tuple[Any, str, int], ...] = (
    (1000, "usd", 1000),
    ("1000", "usd", 1000),
    (1000.0, "usd", 1000),
    (1 - 10**15, "usd", 1 - 10**15),
    ("10.00", "usd", 1000),
    ("10.00", "jpy", 10),
    ("-1.250", "kwd", -1250),
)


def test_what_is_no_object_is_rejected_and_its_neighbours_are_not() -> None:
    product = json.dumps(PRODUCT)
    texts = [product, *(text for text, _ in NO_OBJECTS), product]
    assert rejects(*texts) == [(number, reason, None) for number, (_, reason) in enumerate(NO_OBJECTS, 2)]
    typed = [row["line_number"] for row in rows_of(*texts) if row["dataset"] == "stripe_products"]
    assert typed == [1, len(texts)]


def test_unreadable_fields_are_named() -> None:
    texts = [json.dumps({**CHARGE, **changes}) for changes, _ in BAD_CHARGES]
    wanted = [(number, "unreadable_field", detail) for number, (_, detail) in enumerate(BAD_CHARGES, 1)]
    assert rejects(*texts) == wanted


def test_a_billing_period_is_one_to_1095_intervals() -> None:
    price = {"id": "price_1", "object": "price", "currency": "usd", "created": 1780000000, "livemode": True}
    texts = [
        json.dumps({**price, "recurring": {"interval": "day", "interval_count": count}}) for count in (0, 1, 1095, 1096)
    ]
    assert rejects(*texts) == [(n, "unreadable_field", "recurring.interval_count") for n in (1, 4)]


def test_a_bad_line_rejects_its_invoice() -> None:
    texts = [json.dumps({**INVOICE, "lines": lines}) for lines, _ in BAD_LINES]
    wanted = [(number, "unreadable_field", detail) for number, (_, detail) in enumerate(BAD_LINES, 1)]
    assert rejects(*texts, json.dumps(INVOICE)) == wanted


def test_amounts_are_minor_units_and_text_with_a_point_is_major_ones() -> None:
    rows = rows_of(*(json.dumps({**CHARGE, "amount": amount, "currency": currency}) for amount, currency, _ in AMOUNTS))
    assert [(row["dataset"], row["amount_minor"]) for row in rows] == [
        ("stripe_charges", minor) for *_, minor in AMOUNTS
    ]


def test_an_event_stands_though_its_object_cannot_be_read() -> None:
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "charge.updated",
        "created": 1780000000,
        "data": {"object": {**CHARGE, "amount": "x"}},
    }
    rows = rows_of(json.dumps(event))
    assert [row["dataset"] for row in rows] == ["landing_rejects", "stripe_events"]
    assert rows[0]["detail"] == "amount"


def test_a_forecast_invoice_is_no_version_of_anything() -> None:
    invoice = {name: value for name, value in INVOICE.items() if name != "id"}
    event = {"id": "evt_1", "object": "event", "type": "invoice.upcoming", "created": 1, "data": {"object": invoice}}
    assert [row["dataset"] for row in rows_of(json.dumps(event))] == ["stripe_events"]


def test_a_list_is_kept_as_it_came() -> None:
    wrapped = json.dumps({"object": "list", "data": [CHARGE]})
    assert [(row["dataset"], row["object_type"]) for row in rows_of(wrapped)] == [("stripe_unknown_objects", "list")]


def test_nothing_landed_gives_empty_tables_with_the_declared_columns() -> None:
    connection = land_lines([])
    tables = type_objects(connection, batch_number=1)
    assert set(tables) == {name for name in DATASETS if name.startswith("stripe_")} | {"landing_rejects"}
    for dataset, table in tables.items():
        described = connection.execute(f"describe {table}").fetchall()
        assert [row[0] for row in described] == list(DATASETS[dataset])
        assert connection.execute(f"select count(*) from {table}").fetchone() == (0,)


def test_an_invoice_needs_its_currency_unless_it_was_deleted() -> None:
    deleted = {"id": "in_2", "object": "invoice", "deleted": True}
    texts = [json.dumps(each) for each in ({**INVOICE, "currency": None}, INVOICE, deleted)]
    assert rejects(*texts) == [(1, "unreadable_field", "currency")]

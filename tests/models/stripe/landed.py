"""Stripe objects as the tests write them, and the models over what they give."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.sources.stripe.typed_rows import land_lines
from tests.support.models import DBT, Models
from tieout.sources.stripe_objects import type_objects
from tieout.store.datasets import DATASETS

START = 1_780_000_000
MACROS = (
    "stripe_versions.sql",
    "newest_versions.sql",
    "stripe_statuses.sql",
    "has_all_lines.sql",
    "money.sql",
    "periods.sql",
    "not_computed.sql",
)
STAGED = [name.removeprefix("stripe_") for name in DATASETS if name.startswith("stripe_")]
CURRENT = sorted(path.stem for path in (DBT / "models" / "intermediate" / "stripe").glob("int_*_current.sql"))
# In the order in which they build on each other.
MODELS = [
    *(name for name in CURRENT if name != "int_invoice_lines_current"),
    "int_invoice_lines_current",
    "int_invoices_incomplete",
    "int_invoice_versions",
    "int_subscription_versions",
    "int_subscription_item_versions",
]

Line = dict[str, Any] | str


def at(seconds: int) -> datetime:
    """The naive UTC instant this many seconds after the start."""
    return datetime.fromtimestamp(START + seconds, UTC).replace(tzinfo=None)


def event(
    kind: str, seconds: int, obj: dict[str, Any], number: int = 0, previous: dict[str, Any] | None = None
) -> dict[str, Any]:
    """An event that carries the object, and what was there before it; its id is made of what and when."""
    return {
        "id": f"evt_{kind}_{seconds}_{number}",
        "object": "event",
        "type": kind,
        "created": START + seconds,
        "livemode": True,
        "data": {"object": obj} | ({} if previous is None else {"previous_attributes": previous}),
    }


def subscription(**changes: Any) -> dict[str, Any]:
    """A running monthly subscription with one item, which ``quantity`` is of."""
    quantity = changes.pop("quantity", 1)
    item = {"id": "si_1", "object": "subscription_item", "created": START, "price": "price_1", "quantity": quantity}
    return {
        "id": "sub_1",
        "object": "subscription",
        "customer": "cus_1",
        "created": START,
        "currency": "usd",
        "status": "active",
        "livemode": True,
        "current_period_start": START,
        "current_period_end": START + 1000,
        "items": {"object": "list", "data": [item], "has_more": False},
        "latest_invoice": "in_1",
        "metadata": {},
        **changes,
    }


def invoice(status: str, **changes: Any) -> dict[str, Any]:
    """An invoice of 1000 in this status, with one line."""
    paid = 1000 if status == "paid" else 0
    return {
        "id": "in_1",
        "object": "invoice",
        "customer": "cus_1",
        "currency": "usd",
        "status": status,
        "attempt_count": 0,
        "amount_paid": paid,
        "amount_remaining": 1000 - paid,
        "subtotal": 1000,
        "total": 1000,
        "lines": {"object": "list", "data": [{"id": "il_1", "object": "line_item", "amount": 1000}], "has_more": False},
        "livemode": True,
        "post_payment_credit_notes_amount": 0,
        **changes,
    }


def land(batches: Sequence[Iterable[Line]], *, models: Sequence[str] = MODELS, as_of: int = 10_000) -> Models:
    """Lands each batch of objects (or lines of text) as one file, and builds the models over them."""
    return Landings({"only": batches}).models("only", models, as_of)


class Landings:
    """Several landings that are typed together, because typing one takes as long as typing all of them."""

    def __init__(self, landings: Mapping[str, Sequence[Iterable[Line]]]) -> None:
        self.connection = land_lines(
            (f"{name}/{batch}", number, text if isinstance(text, str) else json.dumps(text))
            for name, batches in landings.items()
            for batch, texts in enumerate(batches)
            for number, text in enumerate(texts, 1)
        )
        self.connection.execute("create table chosen (name varchar)")
        for dataset, table in type_objects(self.connection, batch_number=1).items():
            self.connection.execute(
                f"create view lake_{dataset} as select * from {table} "
                "where split_part(file_hash, '/', 1) = (select name from chosen)"
            )

        self._models = Models(self.connection, macro_files=MACROS)
        self.connection.execute(
            "create table stg_runs__parameters (as_of timestamp, is_livemode boolean, rounding_mode varchar)"
        )
        for staged in STAGED:
            self._models.view(f"stg_stripe__{staged}")

    def models(self, name: str, models: Sequence[str] = MODELS, as_of: int = 10_000) -> Models:
        """The models over one of the landings; they stand until another is asked for."""
        self.connection.execute("delete from chosen")
        self.connection.execute("insert into chosen values (?)", [name])
        self.connection.execute("delete from stg_runs__parameters")
        self.connection.execute("insert into stg_runs__parameters values (?, true, 'half_away_from_zero')", [at(as_of)])
        for model in models:
            self._models.table(model)
        return self._models

"""Builds the expected invoices of a landing area, without the rest of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dagster_project.session import Session, open_session
from tests.reference.histories import History, Invoice
from tests.reference.landing import write_landing
from tests.reference.rater import rate
from tieout.store.home import Home

EXPECTED_MODELS = ("+expected_invoices", "+expected_invoice_lines", "+entitlement_usage")

Group = tuple[str, str | None, str | None, int, int]
Groups = dict[Group, tuple[Decimal, int | None]]


@dataclass(frozen=True)
class Computed:
    """One expected invoice as it was built; amounts are null where it is not computed."""

    expected_invoice_id: str
    matched_invoice_id: str | None
    reason_not_computed: str | None
    subtotal: int | None
    discount: int | None
    credit: int | None
    settlement: tuple[int | None, int | None, int | None]
    groups: Groups
    discounts: dict[Group, int | None]


@dataclass(frozen=True)
class Expected:
    """What was built for a landing area."""

    session: Session

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        assert self.session.warehouse is not None
        with self.session.warehouse.connect() as connection:
            return connection.execute(sql).fetchall()

    def invoices(self) -> dict[tuple[str, str, int], Computed]:
        """Subscription, reason and due instant to the invoice."""
        groups: dict[str, Groups] = {}
        discounts: dict[str, dict[Group, int | None]] = {}
        for row in self.rows(
            "select expected_invoice_id, kind, subscription_item_id, price_id, period_start, period_end, quantity, "
            "amount_minor, discount_minor from marts.expected_invoice_lines"
        ):
            key = (row[1], row[2], row[3], seconds(row[4]), seconds(row[5]))
            groups.setdefault(row[0], {})[key] = (row[6], row[7])
            discounts.setdefault(row[0], {})[key] = row[8]
        found = {}
        for row in self.rows(
            "select subscription_id, reason, due_at, expected_invoice_id, matched_invoice_id, not_computed_reason, "
            "subtotal_minor, discount_minor, credit_grants_minor, starting_balance_minor, ending_balance_minor, "
            "amount_due_minor from marts.expected_invoices"
        ):
            found[row[0], row[1], seconds(row[2])] = Computed(
                *row[3:9], row[9:], groups.get(row[3], {}), discounts.get(row[3], {})
            )
        return found


def seconds(instant: datetime) -> int:
    """A naive UTC instant as Unix seconds."""
    return int(instant.replace(tzinfo=UTC).timestamp())


def grouped(invoice: Invoice) -> Groups:
    """The reference's lines as line groups."""
    groups: dict[Group, tuple[Decimal, int]] = {}
    for line in invoice.lines:
        key = (line.kind, line.item_id, line.price_id, line.start, line.end)
        quantity, amount = groups.get(key, (Decimal(0), 0))
        groups[key] = (quantity + line.quantity, amount + line.amount)
    return dict(groups)


def discounts_of(invoice: Invoice) -> dict[Group, int | None]:
    """What discounts take off the reference's lines, by line group."""
    found: dict[Group, int | None] = {}
    for line, discount in zip(invoice.lines, invoice.line_discounts, strict=True):
        key = (line.kind, line.item_id, line.price_id, line.start, line.end)
        found[key] = (found.get(key) or 0) + discount
    return found


BuildHistories = Callable[[list[History], int], tuple[list[tuple[History, list[Invoice]]], Expected]]
BuildLanding = Callable[[Path, int], Expected]


@pytest.fixture(scope="session")
def build_landing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuildLanding]:
    """`build_landing(landing, as_of)`: lands the folder in a home of its own and builds the expected invoices."""
    with ExitStack() as stack:

        def build(landing: Path, as_of: int) -> Expected:
            home = Home(tmp_path_factory.mktemp("expected"))
            instant = datetime.fromtimestamp(as_of, UTC).replace(tzinfo=None)
            session = stack.enter_context(open_session(home, landing, instant, "reference", lambda holder: None))
            session.land_files()
            failed = [r for r in session.build(EXPECTED_MODELS) if r.has_failed and r.unique_id.startswith("model.")]
            assert not failed, failed
            return Expected(session)

        yield build


@pytest.fixture(scope="session")
def build_histories(tmp_path_factory: pytest.TempPathFactory, build_landing: BuildLanding) -> BuildHistories:
    """`build_histories(histories, as_of)`: what the reference makes of them, and what the models make of them."""

    def build(histories: list[History], as_of: int) -> tuple[list[tuple[History, list[Invoice]]], Expected]:
        rated = [(history, rate(history, as_of)) for history in histories]
        landing = tmp_path_factory.mktemp("landing")
        write_landing(landing, rated, as_of)
        return rated, build_landing(landing, as_of)

    return build

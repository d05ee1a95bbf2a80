"""Control accounts that Stripe states nowhere, against a reference that counts them from the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import World
from tests.ledger.conftest import GOLDEN, BuildLedger, Ledger
from tests.ledger.random_books import write_random_books
from tests.ledger.reference import Books
from tieout.store.snapshots import Snapshot

BALANCES = """
    select currency, sum(balance_minor)::bigint as balance_minor
    from marts.ledger_balances
    where account = '{account}'
    group by all
    having sum(balance_minor) <> 0
"""
ACCOUNTS = ("deferred_revenue", "tax_payable", "prepaid_credits")
INSTANTS = ("2026-09-17T13:05:07Z", "2027-02-01T00:00:00Z")

pytestmark = pytest.mark.slow


def counted(landing: Path, as_of: str, account: str) -> dict[str, int]:
    balances: dict[str, int] = getattr(Books(landing, as_of), account)()
    return balances


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_worlds_balances_are_those_counted_from_its_files(tiny: World, tiny_snapshot: Snapshot, account: str) -> None:
    found = {row["currency"]: row["balance_minor"] for row in tiny_snapshot.rows(BALANCES.format(account=account))}
    wanted = counted(tiny.landing, tiny.as_of, account)
    assert wanted or account == "prepaid_credits"
    assert found == wanted


@pytest.mark.parametrize("account", [*ACCOUNTS, "unbilled_receivable"])
def test_the_golden_balances_are_those_counted_from_the_files(
    golden_ledger: Ledger, golden_as_of: str, account: str
) -> None:
    wanted = counted(GOLDEN / "landing", golden_as_of, account)
    assert wanted
    assert dict(golden_ledger.rows(BALANCES.format(account=account))) == wanted


@pytest.mark.parametrize("as_of", INSTANTS)
def test_random_documents_give_the_balances_counted_from_their_files(
    build_ledger: BuildLedger, tmp_path: Path, as_of: str
) -> None:
    """At an instant inside every period, and at one on a month's edge when most periods have passed."""
    write_random_books(tmp_path, seed=5, as_of=as_of)
    ledger = build_ledger(tmp_path, as_of)
    for account in (*ACCOUNTS, "unbilled_receivable"):
        wanted = counted(tmp_path, as_of, account)
        assert wanted, account
        assert dict(ledger.rows(BALANCES.format(account=account))) == wanted, account

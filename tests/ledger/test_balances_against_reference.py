"""Control accounts that Stripe states nowhere, against a reference that counts them from the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import World
from tests.ledger.conftest import GOLDEN, Ledger
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


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_golden_balances_are_those_counted_from_the_files(
    golden_ledger: Ledger, golden_as_of: str, account: str
) -> None:
    wanted = counted(GOLDEN / "landing", golden_as_of, account)
    assert wanted
    assert dict(golden_ledger.rows(BALANCES.format(account=account))) == wanted

"""The ledger as Beancount text: Beancount itself must accept it, and compute the balances that we publish."""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from beancount import loader
from beancount.core.data import Balance, Open, Transaction

from tieout.core.money import currency_exponent
from tieout.store.beancount import account_name, amount_text, write_beancount
from tieout.store.errors import TieoutError
from tieout.store.snapshots import Snapshot

BEAN_CHECK = Path(sys.executable).parent / "bean-check"
Ledger = duckdb.DuckDBPyConnection


def bean_check(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BEAN_CHECK), str(path)], capture_output=True, text=True, check=False, timeout=60)


def directives(text: str, kind: type) -> list[Any]:
    found, errors, _ = loader.load_string(text)
    assert not errors, errors
    return [directive for directive in found if isinstance(directive, kind)]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """Two entries by hand: an invoice of three currencies' worth of digits, and a reversal known a day later."""
    with duckdb.connect() as connection:
        connection.execute("""
            create schema marts;
            create table marts.ledger_entries (entry_number bigint, entry_id text, effective_at timestamp,
                recorded_at timestamp, rule text, source_type text, source_id text, reverses_entry_id text,
                description text);
            create table marts.ledger_postings (entry_number bigint, entry_id text, account text, customer_id text,
                subledger_id text, amount_minor bigint, currency text);
            create table marts.ledger_accounts (account text, account_type text, normal_side text);
            insert into marts.ledger_entries values
                (1, 'e1', '2026-08-31 23:59:59', '2026-09-02', 'invoice_finalized', 'invoice', 'in_1', null,
                    'Invoice "A\\B" finalized'),
                (2, 'e2', '2026-09-01 00:00:00', '2026-09-03', 'invoice_finalized', 'invoice', 'in_1', 'e1',
                    'Taken back');
            insert into marts.ledger_postings values
                (1, 'e1', 'accounts_receivable', 'cus_1', 'in_1', 5, 'usd'),
                (1, 'e1', 'suspense', null, null, -5, 'usd'),
                (1, 'e1', 'accounts_receivable', 'cus_1', 'in_1', 1005, 'kwd'),
                (1, 'e1', 'suspense', null, null, -1005, 'kwd'),
                (2, 'e2', 'accounts_receivable', 'cus_1', 'in_1', 7, 'jpy'),
                (2, 'e2', 'usage_revenue', 'cus_1', null, -7, 'jpy');
            insert into marts.ledger_accounts values
                ('accounts_receivable', 'asset', 'debit'), ('suspense', 'clearing', 'debit'),
                ('usage_revenue', 'revenue', 'credit');
        """)
        yield connection


def written(ledger: Ledger, **chosen: datetime) -> str:
    out = io.StringIO()
    write_beancount(ledger, out, **chosen)
    return out.getvalue()


def test_bean_check_accepts_a_worlds_ledger_and_its_balances_are_ours(tiny_snapshot: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "ledger.beancount"
    with open(path, "w", encoding="utf-8") as out:
        entries = write_beancount(tiny_snapshot.connection, out)
    checked = bean_check(path)
    assert checked.returncode == 0, checked.stderr

    found, errors, _ = loader.load_file(str(path))
    assert not errors
    assert entries == len([d for d in found if isinstance(d, Transaction)])
    assert entries == tiny_snapshot.rows("select count(*) as entries from marts.ledger_entries")[0]["entries"]
    ours = {d.account: d.meta["account"] for d in found if isinstance(d, Open)}
    computed: Counter[tuple[str, str | None, str]] = Counter()
    for transaction in (d for d in found if isinstance(d, Transaction)):
        for posting in transaction.postings:
            minor = posting.units.number.scaleb(currency_exponent(posting.units.currency))
            assert minor == int(minor)
            key = ours[posting.account], (posting.meta or {}).get("customer_id"), posting.units.currency.lower()
            computed[key] += int(minor)
    published = {
        (row["account"], row["customer_id"], row["currency"]): row["balance_minor"]
        for row in tiny_snapshot.rows("select * from marts.ledger_balances")
    }
    assert {currency for *_, currency in published} == {"eur", "jpy", "kwd", "usd"}
    assert {key: minor for key, minor in computed.items() if minor} == published


def test_the_last_assertions_are_the_published_balances(tiny_snapshot: Snapshot) -> None:
    asserted = directives(written(tiny_snapshot.connection), Balance)
    last = max(balance.date for balance in asserted)
    published = tiny_snapshot.rows(
        "select account, any_value(account_type) as account_type, currency, "
        "sum(balance_minor)::bigint as balance_minor "
        "from marts.ledger_balances "
        "group by account, currency having sum(balance_minor) <> 0"
    )
    assert {(b.account, str(b.amount)) for b in asserted if b.date == last and b.amount.number} == {
        (
            account_name(row["account"], row["account_type"]),
            f"{amount_text(row['balance_minor'], row['currency'])} {row['currency'].upper()}",
        )
        for row in published
    }
    assert all(balance.tolerance == Decimal(0) for balance in asserted)
    assert len({balance.date for balance in asserted}) > 1


@pytest.mark.parametrize(
    "tampering",
    [
        "update marts.ledger_postings set amount_minor = amount_minor + 1 where currency = 'usd' and amount_minor > 0",
        "delete from marts.ledger_postings where currency = 'kwd' and amount_minor < 0",
    ],
)
def test_bean_check_refuses_an_entry_that_does_not_balance(ledger: Ledger, tampering: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger.beancount"
    path.write_text(written(ledger))
    assert bean_check(path).returncode == 0
    ledger.execute(tampering)
    path.write_text(written(ledger))
    refused = bean_check(path)
    assert refused.returncode != 0
    assert "Transaction does not balance" in refused.stdout + refused.stderr


def test_a_balance_that_is_off_by_one_minor_unit_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "ledger.beancount"
    path.write_text(written(ledger).replace("0.05 ~ 0 USD", "0.06 ~ 0 USD"))
    refused = bean_check(path)
    assert refused.returncode != 0
    assert "Balance failed" in refused.stdout + refused.stderr


def test_every_entry_carries_its_document_and_every_posting_its_customer(ledger: Ledger) -> None:
    first, second = directives(written(ledger), Transaction)
    assert (first.flag, second.flag) == ("!", "*")
    assert first.narration == 'Invoice "A\\B" finalized'
    assert {k: v for k, v in first.meta.items() if k not in ("filename", "lineno", "__tolerances__")} == {
        "entry_id": "e1",
        "rule": "invoice_finalized",
        "source_type": "invoice",
        "source_id": "in_1",
        "effective_at": "2026-08-31T23:59:59Z",
        "recorded_at": "2026-09-02T00:00:00Z",
    }
    assert second.meta["reverses_entry_id"] == "e1"
    assert {
        (p.account, str(p.units), p.meta.get("customer_id"), p.meta.get("subledger_id")) for p in first.postings
    } == {
        ("Assets:AccountsReceivable", "1.005 KWD", "cus_1", "in_1"),
        ("Assets:AccountsReceivable", "0.05 USD", "cus_1", "in_1"),
        ("Equity:Clearing:Suspense", "-1.005 KWD", None, None),
        ("Equity:Clearing:Suspense", "-0.05 USD", None, None),
    }


def test_a_balance_stands_at_each_months_start_and_after_the_last_entry(ledger: Ledger) -> None:
    asserted = {(str(b.date), b.account, str(b.amount)) for b in directives(written(ledger), Balance)}
    assert {row for row in asserted if row[0] == "2026-09-01"} == {
        ("2026-09-01", "Assets:AccountsReceivable", "0.05 USD"),
        ("2026-09-01", "Assets:AccountsReceivable", "1.005 KWD"),
        ("2026-09-01", "Equity:Clearing:Suspense", "-0.05 USD"),
        ("2026-09-01", "Equity:Clearing:Suspense", "-1.005 KWD"),
    }
    assert {row[1:] for row in asserted if row[0] == "2026-09-02"} == {
        ("Assets:AccountsReceivable", "0.05 USD"),
        ("Assets:AccountsReceivable", "1.005 KWD"),
        ("Assets:AccountsReceivable", "7 JPY"),
        ("Equity:Clearing:Suspense", "-0.05 USD"),
        ("Equity:Clearing:Suspense", "-1.005 KWD"),
        ("Income:UsageRevenue", "-7 JPY"),
    }


@pytest.mark.parametrize(
    ("chosen", "entries"),
    [
        ({"as_of": datetime(2026, 9, 1)}, ["e1"]),
        ({"as_of": datetime(2026, 9, 1, 0, 0, 1)}, ["e1", "e2"]),
        ({"as_known_on": datetime(2026, 9, 2)}, ["e1"]),
        ({"as_known_on": datetime(2026, 9, 3)}, ["e1", "e2"]),
        ({"as_known_on": datetime(2026, 9, 1)}, []),
    ],
)
def test_a_past_day_is_written_as_it_was_and_as_it_was_known(
    ledger: Ledger, chosen: dict[str, datetime], entries: list[str]
) -> None:
    assert [
        transaction.meta["entry_id"] for transaction in directives(written(ledger, **chosen), Transaction)
    ] == entries


def test_an_account_of_an_unknown_group_is_an_error_that_names_it(ledger: Ledger) -> None:
    ledger.execute("update marts.ledger_accounts set account_type = 'wish' where account = 'suspense'")
    with pytest.raises(TieoutError, match=r"suspense.*'wish'"):
        written(ledger)

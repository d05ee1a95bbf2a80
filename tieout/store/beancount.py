"""The published ledger as a Beancount file, so that another program than this one can check it.

Beancount (https://beancount.github.io/docs/beancount_language_syntax.html) refuses a transaction that does not sum to
zero in every currency, a posting to an account that is not open, and a balance assertion that does not hold. What is
written:

- a `commodity` per currency; amounts have exactly the decimals of their currency, of which Beancount's tolerance for
  transactions is half a unit of the last: none, for whole minor units;
- an `open` per account, under the root of its group: accounts are named `Assets:AccountsReceivable` and carry our name
  as metadata, since Beancount allows neither small first letters nor underscores;
- a transaction per journal entry on the UTC day of its `effective_at`, with the entry's own columns as metadata and
  the customer and sub-ledger as metadata of each posting; one that touches `suspense` is flagged `!`, others `*`;
- a `balance` of every account and currency at the start of each month and on the day after the last entry, without
  any tolerance.

`tieout ledger export --format beancount` hands over the snapshot's connection, the file and its two instants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final, TextIO

import duckdb

from tieout.core.money import currency_exponent
from tieout.store.errors import TieoutError
from tieout.store.ledger_queries import readable

ROOTS: Final = {
    "asset": "Assets",
    "liability": "Liabilities",
    "revenue": "Income",
    "contra_revenue": "Income",
    "expense": "Expenses",
    "clearing": "Equity:Clearing",
}
"""Group of an account in our chart to its place in Beancount's five roots."""

TITLE: Final = "Tieout ledger"
ROWS_PER_BATCH: Final = 20_000
SUSPENSE: Final = "suspense"

Row = dict[str, Any]

# the entries and postings that count, as of an effective instant and as known on a recorded one
CHOSEN = """
    from marts.ledger_entries as entries
    join marts.ledger_postings as postings using (entry_number)
    where
        ($as_of is null or entries.effective_at < $as_of)
        and ($as_known_on is null or entries.recorded_at <= $as_known_on)
"""

ACCOUNTS = f"""
    with moved as (
        select account, min(effective_at)::date as opened_on, list_sort(list(distinct currency)) as currencies
        {CHOSEN}
        group by all
    )
    select moved.*, chart.account_type, chart.normal_side
    from moved
    left join marts.ledger_accounts as chart using (account)
    order by account
"""

JOURNAL = f"""
    select
        entries.entry_id, entries.effective_at, entries.recorded_at, entries.rule, entries.source_type,
        entries.source_id, entries.reverses_entry_id, entries.description,
        postings.account, postings.customer_id, postings.subledger_id, postings.amount_minor, postings.currency
    {CHOSEN}
    order by entries.effective_at, entries.entry_id, postings.account, postings.currency, postings.customer_id,
        postings.subledger_id
"""

# a balance stands at the start of its day, so a month's postings show on the first of the next
BALANCES = f"""
    with days as (
        select
            account,
            currency,
            effective_at::date as day,
            max(day) over () as last_day,
            amount_minor,
        {CHOSEN}
    ),
    moved as (
        select
            account,
            currency,
            least(date_trunc('month', day) + interval 1 month, last_day + interval 1 day)::date as balance_on,
            sum(amount_minor) as amount_minor,
        from days
        group by all
    ),
    asked as (
        select opened.account, opened.currency, dates.balance_on
        from (select account, currency, min(balance_on) as first_on from moved group by all) as opened
        join (select distinct balance_on from moved) as dates on dates.balance_on >= opened.first_on
    )
    select
        asked.balance_on,
        asked.account,
        asked.currency,
        (sum(coalesce(moved.amount_minor, 0)) over (
            partition by asked.account, asked.currency order by asked.balance_on
        ))::bigint as balance_minor,
    from asked
    left join moved using (account, currency, balance_on)
    order by all
"""


def write_beancount(
    connection: duckdb.DuckDBPyConnection,
    out: TextIO,
    *,
    as_of: datetime | None = None,
    as_known_on: datetime | None = None,
    told: Callable[[int], None] = lambda entries: None,
) -> int:
    """Writes the ledger of a snapshot as Beancount text and returns the number of entries written.

    Rows are read and written in batches, so memory does not grow with the ledger.

    Args:
        connection: an open snapshot (`tieout.store.snapshots.open_snapshot(home).connection`).
        out: where the text goes; UTF-8 when it is a file.
        as_of: only entries effective before this instant (naive UTC); all when None.
        as_known_on: only entries recorded up to this instant (naive UTC); all when None.
        told: called after each batch with the entries written so far.

    Raises:
        TieoutError: an account is in no group that Beancount has a root for.
    """
    chosen: dict[str, object] = {"as_of": as_of, "as_known_on": as_known_on}
    accounts = list(_rows(connection, ACCOUNTS, chosen))
    names = {account["account"]: account_name(account["account"], account["account_type"]) for account in accounts}
    out.write(f'option "title" {quoted(TITLE)}\n\n')
    _write_commodities(out, accounts)
    _write_accounts(out, accounts, names)
    entries = 0
    for _, rows in groupby(_rows(connection, JOURNAL, chosen), key=lambda row: row["entry_id"]):
        _write_entry(out, list(rows), names)
        entries += 1
        if entries % ROWS_PER_BATCH == 0:
            told(entries)
    told(entries)
    for row in _rows(connection, BALANCES, chosen):
        amount = amount_text(row["balance_minor"], row["currency"])
        currency = row["currency"].upper()
        out.write(f"{row['balance_on']} balance {names[row['account']]}  {amount} ~ 0 {currency}\n")
    return entries


def account_name(account: str, account_type: str | None) -> str:
    """Our account as Beancount spells it: `accounts_receivable`, an asset, is `Assets:AccountsReceivable`.

    Raises:
        TieoutError: the account's group is none of `ROOTS`.
    """
    if account_type not in ROOTS:
        raise TieoutError(f"account {account}: its group {account_type!r} has no place in a Beancount file")
    return f"{ROOTS[account_type]}:{''.join(word.capitalize() for word in account.split('_'))}"


def amount_text(amount_minor: int, currency: str) -> str:
    """Minor units as the decimal number of the currency: (-5, usd) is `-0.05`, (5, jpy) is `5`, (5, kwd) is `0.005`."""
    exponent = currency_exponent(currency)
    digits = f"{abs(amount_minor):0{exponent + 1}d}"
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else f"{sign}{digits}"


def quoted(text: str) -> str:
    """A Beancount string on one line."""
    if not text.isprintable() or "\\" in text or '"' in text:
        text = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, chosen: dict[str, object]) -> Iterator[Row]:
    # a cursor of its own: the caller's connection stays free while rows are fetched
    with readable(), connection.cursor() as cursor:
        cursor.execute(sql, chosen)
        columns = [column[0] for column in cursor.description or []]
        while batch := cursor.fetchmany(ROWS_PER_BATCH):
            for row in batch:
                yield dict(zip(columns, row, strict=True))


def _write_commodities(out: TextIO, accounts: list[Row]) -> None:
    first: dict[str, date] = {}
    for account in accounts:
        for currency in account["currencies"]:
            first[currency] = min(first.get(currency, account["opened_on"]), account["opened_on"])
    for currency, day in sorted(first.items()):
        out.write(f"{day} commodity {currency.upper()}\n  decimals: {currency_exponent(currency)}\n")


def _write_accounts(out: TextIO, accounts: list[Row], names: dict[str, str]) -> None:
    for account in accounts:
        currencies = ",".join(currency.upper() for currency in account["currencies"])
        out.write(f"\n{account['opened_on']} open {names[account['account']]} {currencies}\n")
        _write_metadata(out, "  ", account, ("account", "account_type", "normal_side"))


def _write_entry(out: TextIO, postings: list[Row], names: dict[str, str]) -> None:
    entry = postings[0]
    flag = "!" if any(posting["account"] == SUSPENSE for posting in postings) else "*"
    out.write(f"\n{entry['effective_at']:%Y-%m-%d} {flag} {quoted(entry['description'])}\n")
    _write_metadata(out, "  ", entry, ("entry_id", "rule", "source_type", "source_id", "reverses_entry_id"))
    for name in ("effective_at", "recorded_at"):
        out.write(f'  {name}: "{entry[name].isoformat()}Z"\n')
    for posting in postings:
        amount = amount_text(posting["amount_minor"], posting["currency"])
        out.write(f"  {names[posting['account']]}  {amount} {posting['currency'].upper()}\n")
        _write_metadata(out, "    ", posting, ("customer_id", "subledger_id"))


def _write_metadata(out: TextIO, indent: str, row: Row, columns: tuple[str, ...]) -> None:
    for column in columns:
        if row[column] is not None:
            out.write(f"{indent}{column}: {quoted(row[column])}\n")

"""Questions to the published ledger: balances and entries as of one instant, as known on another.

`as_of` looks at when things happened (effective before it), `as_known_on` at when the ledger knew them (recorded up to
it). Both are naive UTC; None is no limit. Every value reaches the query as a parameter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import duckdb

from tieout.store.errors import TieoutError
from tieout.store.ledger import ADVICE
from tieout.store.snapshots import Snapshot

ROWS_PER_BATCH: Final = 20_000

CHOSEN: Final = """
    from marts.ledger_entries as entries
    join marts.ledger_postings as postings using (entry_number)
    where
        ($as_of is null or entries.effective_at < $as_of)
        and ($as_known_on is null or entries.recorded_at <= $as_known_on)
        and ($account is null or postings.account = $account)
        and ($customer is null or postings.customer_id = $customer)
"""

BALANCES: Final = f"""
    select postings.account, {{customer}} postings.currency, sum(postings.amount_minor)::bigint as balance_minor
    {CHOSEN}
    group by all
    order by all
"""

ENTRIES: Final = f"""
    select
        entries.effective_at, entries.recorded_at, entries.entry_id, entries.rule, entries.source_type,
        entries.source_id, entries.reverses_entry_id, entries.description, entries.occurred_at, entries.batch_number,
        postings.account, postings.customer_id, postings.subledger_id, postings.currency, postings.amount_minor
    {CHOSEN}
    order by
        entries.effective_at, entries.entry_id, postings.account, postings.currency, postings.customer_id,
        postings.subledger_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which postings count; None leaves a side open."""

    account: str | None = None
    customer: str | None = None
    as_of: datetime | None = None
    as_known_on: datetime | None = None


@contextmanager
def readable() -> Iterator[None]:
    """Turns the error of a batch that is gone or damaged into one that says what to do.

    Raises:
        TieoutError: names the file.
    """
    try:
        yield
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise TieoutError(f"the ledger cannot be read ({ADVICE}): {str(error).splitlines()[0]}") from error


def balances(snapshot: Snapshot, choice: Choice, *, by_customer: bool = False) -> list[dict[str, Any]]:
    """Balance of every account and currency (and customer): debit above zero, credit below, in minor units."""
    query = BALANCES.format(customer="postings.customer_id," if by_customer else "")
    return list(_rows(snapshot, query, choice))


def entries(snapshot: Snapshot, choice: Choice) -> Iterator[dict[str, Any]]:
    """Postings with their entries, in the order in which they happened; read in batches as they are consumed."""
    return _rows(snapshot, ENTRIES, choice)


def accounts(snapshot: Snapshot) -> list[str]:
    """Names of all accounts of the chart."""
    return [row["account"] for row in snapshot.rows("select account from marts.ledger_accounts order by account")]


def _rows(snapshot: Snapshot, query: str, choice: Choice) -> Iterator[dict[str, Any]]:
    with readable(), snapshot.connection.cursor() as cursor:
        cursor.execute(query, asdict(choice))
        names = [column[0] for column in cursor.description or []]
        while batch := cursor.fetchmany(ROWS_PER_BATCH):
            for row in batch:
                yield dict(zip(names, row, strict=True))

"""Walks the ledger's chain and names whatever is not as it was written or does not add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tieout.store.heads import quoted
from tieout.store.home import Home
from tieout.store.lake import scratch_connection
from tieout.store.ledger import GENESIS, Batch, Chain, create_ledger_views, file_sha256, read_chain

EXAMPLES_MAX = 5

ENTRY_FAULTS = {
    "entry {} is there {} times": """
        select entry_id, count(*) from ledger.ledger_entries group by entry_id having count(*) > 1
    """,
    "entry {} does not balance: its {} postings add up to {}": """
        select entry_id, currency, sum(amount_minor) from ledger.ledger_postings
        group by entry_number, entry_id, currency having sum(amount_minor) <> 0
    """,
    "entry {} has no postings": """
        select entry_id from ledger.ledger_entries anti join ledger.ledger_postings using (entry_number)
    """,
    "a posting to {} belongs to no entry ({})": """
        select account, entry_id from ledger.ledger_postings anti join ledger.ledger_entries using (entry_number)
    """,
    "entry {} is reversed {} times": """
        select reverses_entry_id, count(*) from ledger.ledger_entries where reverses_entry_id is not null
        group by all having count(*) > 1
    """,
    "{} reverses {}, which was not posted before it": """
        select reversals.entry_id, reversals.reverses_entry_id
        from ledger.ledger_entries as reversals
        left join ledger.ledger_entries as reversed on reversals.reverses_entry_id = reversed.entry_id
        where reversals.reverses_entry_id is not null
            and (reversed.entry_id is null or reversed.batch_number >= reversals.batch_number)
    """,
}
"""Sentence to the query whose rows it is said of."""
BALANCE_FAULTS = {
    "the balance of {} ({}, {}) is published as {}, and its postings add up to {}": """
        with both_sides as (
            select account, customer_id, currency, balance_minor, 0 as posted_minor
            from published.marts.ledger_balances
            union all
            select account, customer_id, currency, 0, amount_minor from ledger.ledger_postings
        )
        select account, coalesce(customer_id, 'no customer'), currency, sum(balance_minor), sum(posted_minor)
        from both_sides group by all having sum(balance_minor) <> sum(posted_minor)
    """,
}
"""The same for what a snapshot says, which a run carries on from the one before without adding all up."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: `faults` is empty for a sound ledger. `hash` stands for the whole chain; keep it elsewhere."""

    batches: int
    entries: int
    hash: str
    faults: tuple[str, ...]


def verify(
    home: Home, told: Callable[[int, int], None] = lambda done, total: None, *, snapshot: Path | None = None
) -> Verification:
    """Recomputes every hash of the published chain and checks what its entries say of each other.

    Args:
        home: whose ledger.
        snapshot: the published file whose balances must be those of the postings; not looked at when None.
        told: called after each batch with the number of batches done, and of all.

    Raises:
        TieoutError: the head itself is not there or cannot be read.
    """
    chain = read_chain(home, home.current())
    faults = list(_chain_faults(home, chain, told))
    if not any("is not there" in fault for fault in faults):
        faults += _entry_faults(home, chain, snapshot)
    return Verification(len(chain.batches), chain.entries, chain.hash, tuple(faults))


def _chain_faults(home: Home, chain: Chain, told: Callable[[int, int], None]) -> Iterator[str]:
    previous = GENESIS
    for number, batch in enumerate(chain.batches, 1):
        name = f"batch {batch.number} of run {batch.run_id}"
        if batch.number != number:
            yield f"{name} stands at place {number} of the chain"
        if batch.previous_hash != previous:
            yield f"{name} does not follow the batch before it: it names another hash"
        if batch.hash != batch.expected_hash():
            yield f"{name} has another hash than follows from what the head says of it"
        yield from _file_faults(home, batch, name)
        previous = batch.hash
        told(number, len(chain.batches))


def _file_faults(home: Home, batch: Batch, name: str) -> Iterator[str]:
    for file, sha256 in ((batch.entries_file, batch.entries_sha256), (batch.postings_file, batch.postings_sha256)):
        path = home.ledger / file
        if not path.is_file():
            yield f"{name}: {path} is not there"
        elif file_sha256(path) != sha256:
            yield f"{name}: {path} has been changed"


def _entry_faults(home: Home, chain: Chain, snapshot: Path | None) -> Iterator[str]:
    with scratch_connection(home.lake) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema ledger")
        create_ledger_views(connection, home, chain, "ledger")
        checked = ENTRY_FAULTS
        if snapshot is not None:
            connection.execute(f"attach {quoted(str(snapshot))} as published (read_only)")
            checked = ENTRY_FAULTS | BALANCE_FAULTS
        for sentence, query in checked.items():
            try:
                rows = connection.execute(f"select * from ({query}) order by all limit {EXAMPLES_MAX}").fetchall()
            except duckdb.Error as error:  # a changed file may not be readable any more
                yield f"the entries cannot be read: {str(error).splitlines()[0]}"
                return
            yield from (sentence.format(*row) for row in rows)

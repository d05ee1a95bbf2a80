"""The ledger's own files: immutable batches of posted entries, and the chain that says which of them count.

A run that has something to post leaves two Parquet files in ``HOME/ledger``, its entries and their postings, and a head
``<run_id>.json`` that lists every batch in order. Each batch carries the hash of the one before, so nothing in the past
can be changed, left out or put in without every later hash being another. A batch counts once `CURRENT` names a head
that lists it; any other file is left over from a run that died, and is removed.

Entries are numbered through all batches, from 1. The numbers grow with the files, so that a reader who knows them (or
the key of a document) opens few row groups.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from tieout.store.errors import TieoutError
from tieout.store.files import commit_file, remove, replace_text
from tieout.store.heads import quoted
from tieout.store.home import Current, Home, rfc3339

ENTRY_COLUMNS: Final[dict[str, str]] = {
    "entry_number": "BIGINT",
    "document_key": "BIGINT",
    "entry_id": "VARCHAR",
    "target_id": "VARCHAR",
    "source_type": "VARCHAR",
    "source_id": "VARCHAR",
    "rule": "VARCHAR",
    "reverses_entry_id": "VARCHAR",
    "description": "VARCHAR",
    "effective_at": "TIMESTAMP",
    "occurred_at": "TIMESTAMP",
    "recorded_at": "TIMESTAMP",
    "batch_number": "BIGINT",
}
POSTING_COLUMNS: Final[dict[str, str]] = {
    "entry_number": "BIGINT",
    "entry_id": "VARCHAR",
    "account": "VARCHAR",
    "customer_id": "VARCHAR",
    "subledger_id": "VARCHAR",
    "currency": "VARCHAR",
    "amount_minor": "BIGINT",
}
PUBLISHED_ENTRY_COLUMNS: Final = (
    "entry_number", "entry_id", "source_type", "source_id", "rule", "reverses_entry_id", "batch_number", "description",
    "effective_at", "occurred_at", "recorded_at",
)  # fmt: skip
PUBLISHED_POSTING_COLUMNS: Final = tuple(POSTING_COLUMNS)
BALANCE_COLUMNS: Final = ("account", "customer_id", "subledger_id", "currency")
DUE_TABLES: Final = {"entries": "int_ledger_entries_due", "postings": "int_ledger_postings_due"}
PARQUET_MAGIC: Final = b"PAR1"
ADVICE: Final = "docs/ledger.md, When a file is damaged"
GENESIS: Final = "0" * 64
"""What the first batch carries as the hash of the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One appended batch. File names are relative to the ledger's folder; `recorded_at` is the run's as-of instant."""

    number: int
    run_id: str
    recorded_at: str
    entries: int
    postings: int
    entries_file: str
    entries_sha256: str
    postings_file: str
    postings_sha256: str
    previous_hash: str
    hash: str

    def expected_hash(self) -> str:
        """The hash that follows from everything else that the batch says of itself."""
        told = {name: value for name, value in asdict(self).items() if name != "hash"}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Chain:
    """The batches that count, oldest first."""

    batches: tuple[Batch, ...] = ()

    @property
    def entries(self) -> int:
        """How many entries have been posted, which is the number of the last one."""
        return sum(batch.entries for batch in self.batches)

    @property
    def hash(self) -> str:
        """The hash of the last batch: it stands for all of them."""
        return self.batches[-1].hash if self.batches else GENESIS

    def files(self) -> set[str]:
        """Names of all files that the chain needs."""
        return {name for batch in self.batches for name in (batch.entries_file, batch.postings_file)}


def read_chain(home: Home, current: Current | None) -> Chain:
    """The chain that a publication names, empty when it names none.

    Raises:
        TieoutError: the head is not there or cannot be read; or nothing names one though a second batch is there, which
            no run that died can have left: `CURRENT` is lost.
    """
    if current is None or current.ledger is None:
        if any(home.ledger.glob("000002-*")):
            raise TieoutError(
                f"{home.ledger} holds a posted ledger that {home.current_path} does not name: put that file back from "
                f"a backup, or move the home away ({ADVICE})"
            )
        return Chain()
    path = home.root / current.ledger
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Chain(tuple(Batch(**batch) for batch in found["batches"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TieoutError(f"the ledger's head {path} cannot be read ({ADVICE}): {error}") from error


def check_files(home: Home, chain: Chain) -> None:
    """Looks that every file of the chain is there and whole enough to be read; `tieout ledger verify` looks closely.

    Raises:
        TieoutError: names the first file that is not, and what to do.
    """
    for name in sorted(chain.files()):
        path = home.ledger / name
        problem = "is not there"
        if path.is_file():
            with path.open("rb") as stream:
                head = stream.read(len(PARQUET_MAGIC))
                stream.seek(-min(len(PARQUET_MAGIC), path.stat().st_size), 2)
                problem = "" if head == stream.read() == PARQUET_MAGIC else "is damaged"
        if problem:
            raise TieoutError(f"ledger file {path} {problem}: put it back from a backup ({ADVICE})")


def append_batch(
    connection: duckdb.DuckDBPyConnection, home: Home, chain: Chain, run_id: str, recorded_at: datetime
) -> Chain:
    """Writes what the models found due as the next batch and returns the longer chain, or the same when nothing is due.

    Raises:
        TieoutError: what is due was not computed in this run on top of this chain, or the files do not read back whole.
    """
    due = {name: f"intermediate.{table}" for name, table in DUE_TABLES.items()}
    if not _exists(connection, tuple(DUE_TABLES.values())):
        return chain
    number = len(chain.batches) + 1
    counts = {name: _count(connection, table) for name, table in due.items()}
    stale = _count(
        connection, f"(from {due['entries']} where batch_number <> {number} or entry_number <= {chain.entries})"
    )
    if stale:
        raise TieoutError(f"{stale} ledger entries are due from another run: build all models before publishing")
    if not counts["entries"]:
        return chain
    names, hashes = {}, {}
    for name, columns in (("entries", ENTRY_COLUMNS), ("postings", POSTING_COLUMNS)):
        names[name] = f"{number:06d}-{run_id}-{name}.parquet"
        path = home.ledger / names[name]
        _write(connection, due[name], columns, path)
        if (found := _count(connection, f"read_parquet({quoted(str(path))})")) != counts[name]:
            raise TieoutError(f"ledger batch {path} has {found} {name}, and {counts[name]} were due")
        hashes[name] = file_sha256(path)
    batch = Batch(
        number=number,
        run_id=run_id,
        recorded_at=rfc3339(recorded_at),
        entries=counts["entries"],
        postings=counts["postings"],
        entries_file=names["entries"],
        entries_sha256=hashes["entries"],
        postings_file=names["postings"],
        postings_sha256=hashes["postings"],
        previous_hash=chain.hash,
        hash="",
    )
    sealed = Batch(**{**asdict(batch), "hash": batch.expected_hash()})
    return Chain((*chain.batches, sealed))


def write_chain(home: Home, chain: Chain, run_id: str) -> Path:
    """Writes the head of a chain durably and returns its path."""
    path = home.ledger / f"{run_id}.json"
    replace_text(path, json.dumps({"batches": [asdict(batch) for batch in chain.batches]}, indent=1) + "\n")
    return path


def remove_unnamed(home: Home, current: Current | None) -> None:
    """Removes what the chain in force does not name: the leavings of runs that died, and earlier heads."""
    named = read_chain(home, current).files()
    if current is not None and current.ledger is not None:
        named.add(Path(current.ledger).name)
    for path in home.ledger.iterdir():
        if path.name not in named:
            remove(path)


def show_accruals(connection: duckdb.DuckDBPyConnection, is_rebuilt: bool) -> None:
    """Keeps, as `lake.ledger_accruals`, which accruals the run before had found due: those that are gone are reversed.

    Its own table of targets still stands in the warehouse; in one that begins empty everything is looked at anyhow.
    """
    targets = "intermediate.int_ledger_targets"
    if is_rebuilt or not _exists(connection, ("int_ledger_targets",)):
        query = "select null::bigint as document_key where false"
    else:
        query = f"select distinct document_key from {targets} where is_accrual"
    connection.execute(f"create or replace table lake.ledger_accruals as {query}")


def show_balances(connection: duckdb.DuckDBPyConnection, is_rebuilt: bool) -> None:
    """Keeps, as `lake.ledger_balances`, what stood on every account and sub-ledger before this run.

    It is what the run before had computed, so that a day does not add up the whole history; a warehouse that begins
    empty adds up all postings of `lake.ledger_postings` again.
    """
    if is_rebuilt or not _exists(connection, ("int_ledger_balances",)):
        query = f"""
            select {", ".join(BALANCE_COLUMNS)}, sum(amount_minor)::bigint as balance_minor
            from lake.ledger_postings group by all having sum(amount_minor) <> 0
        """
    else:
        query = f"select {', '.join(BALANCE_COLUMNS)}, balance_minor from intermediate.int_ledger_balances"
    connection.execute(f"create or replace table lake.ledger_balances as {query}")


def create_ledger_views(connection: duckdb.DuckDBPyConnection, home: Home, chain: Chain, schema: str) -> None:
    """Makes `<schema>.ledger_entries` and `<schema>.ledger_postings` over the batches with all their columns."""
    for name, columns in (("entries", ENTRY_COLUMNS), ("postings", POSTING_COLUMNS)):
        query = batch_query(home, chain, name, columns)
        connection.execute(f"create or replace view {schema}.ledger_{name} as {query}")


def mart_queries(home: Home, chain: Chain) -> dict[str, str]:
    """For a snapshot: the published tables that are views over the batches, so that no history is copied."""
    return {
        "ledger_entries": batch_query(home, chain, "entries", PUBLISHED_ENTRY_COLUMNS),
        "ledger_postings": batch_query(home, chain, "postings", PUBLISHED_POSTING_COLUMNS),
    }


def batch_query(home: Home, chain: Chain, name: str, columns: Iterable[str]) -> str:
    """A query for these columns of all batches' entries or postings; no rows while there is no batch.

    Paths in it are absolute: a reader may stand in any folder.
    """
    declared = ENTRY_COLUMNS if name == "entries" else POSTING_COLUMNS
    files = [batch.entries_file if name == "entries" else batch.postings_file for batch in chain.batches]
    if not files:
        terms = ", ".join(f"cast(null as {declared[column]}) as {column}" for column in columns)
        return f"select {terms} where false"
    listed = ", ".join(quoted(str(home.ledger / file)) for file in files)
    return f"select {', '.join(columns)} from read_parquet([{listed}])"


def file_sha256(path: Path) -> str:
    """The hash of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], path: Path) -> None:
    """Writes a due table as a file, in the order of entry numbers, so that readers can skip row groups by them."""
    staged = path.with_name(f".{path.name}")
    terms = ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in columns.items())
    connection.execute("set preserve_insertion_order = true")
    try:
        connection.execute(
            f"copy (select {terms} from {table} order by entry_number) to {quoted(str(staged))} "
            # version 2 packs the rising entry numbers: a look-up in ten million takes a third of the time
            "(format parquet, compression zstd, parquet_version v2)"
        )
    finally:
        connection.execute("set preserve_insertion_order = false")
    commit_file(staged, path)


def _exists(connection: duckdb.DuckDBPyConnection, tables: tuple[str, ...]) -> bool:
    """Whether all these tables have been built."""
    named = ", ".join(map(quoted, tables))
    relation = f"(from information_schema.tables where table_schema = 'intermediate' and table_name in ({named}))"
    return _count(connection, relation) == len(tables)


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0

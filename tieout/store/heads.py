"""The tables that remember: findings and pipeline health, as immutable Parquet files that `CURRENT` names.

Everything else is recomputed from the lake. These two know when something was first seen, which no lake can tell, so
each publication leaves a whole copy (the *head*) and the next run reads it as `lake.findings` and `lake.health`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from tieout.core.settings import Settings
from tieout.store.datasets import DATASETS
from tieout.store.files import commit_file
from tieout.store.home import Home

HEALTH: Final[dict[str, str]] = {
    "run_id": "VARCHAR",
    "as_of": "TIMESTAMP",
    "measure": "VARCHAR",
    "value": "BIGINT",
    "unit": "VARCHAR",
}


@dataclass(frozen=True, slots=True)
class Before:
    """What was there before this run.

    Attributes:
        as_of: the instant of the last publication, None in the first run.
        landed_batches: how many batches of the lake the warehouse has seen; None when it is built anew.
        ledger_batches: how many batches the ledger has.
        ledger_entries: how many entries they hold.
    """

    as_of: datetime | None = None
    landed_batches: int | None = None
    ledger_batches: int = 0
    ledger_entries: int = 0


def quoted(text: str) -> str:
    """A string as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def create_head_view(
    connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], head: Path | None
) -> None:
    """Makes `lake.<name>` over a head with exactly these columns: empty without a head, null where it lacks one."""
    if head is None:
        terms = ", ".join(f"null::{kind} as {column}" for column, kind in columns.items())
        query = f"select {terms} where false"
    else:
        source = f"read_parquet({quoted(str(head))})"
        present = {row[0] for row in connection.execute(f"describe select * from {source}").fetchall()}
        terms = ", ".join(
            f"{column}::{kind} as {column}" if column in present else f"null::{kind} as {column}"
            for column, kind in columns.items()
        )
        query = f"select {terms} from {source}"
    connection.execute(f"create or replace view lake.{name} as {query}")


def write_head(connection: duckdb.DuckDBPyConnection, query: str, folder: Path, run_id: str) -> Path:
    """Writes the rows of `query` as `folder/<run_id>.parquet`, whole and synced, and returns that path."""
    staged = folder / f".{run_id}.parquet"
    final = folder / f"{run_id}.parquet"
    connection.execute(f"copy ({query}) to {quoted(str(staged))} (format parquet, compression zstd)")
    commit_file(staged, final)
    return final


def create_run_parameters(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    as_of: datetime,
    is_livemode: bool | None,
    settings: Settings,
    health_runs_kept: int,
    before: Before,
) -> None:
    """Makes `lake.run_parameters`, one row: the run, its instant (naive UTC), what was there before, every setting."""
    kinds = {bool: "BOOLEAN", int: "BIGINT", str: "VARCHAR"}
    values: dict[str, tuple[object, str]] = {
        "run_id": (run_id, "VARCHAR"),
        "as_of": (_naive(as_of), "TIMESTAMP"),
        "previous_as_of": (None if before.as_of is None else _naive(before.as_of), "TIMESTAMP"),
        "landed_batches": (before.landed_batches, "BIGINT"),
        "ledger_batches": (before.ledger_batches, "BIGINT"),
        "ledger_entries": (before.ledger_entries, "BIGINT"),
        "is_livemode": (is_livemode, "BOOLEAN"),
        "health_runs_kept": (health_runs_kept, "BIGINT"),
    }
    values |= {name: (value, kinds[type(value)]) for name, value in settings.as_dict().items()}
    terms = ", ".join(f"cast(? as {kind}) as {name}" for name, (_, kind) in values.items())
    connection.execute(
        f"create or replace table lake.run_parameters as select {terms}", [v for v, _ in values.values()]
    )


def _naive(instant: datetime) -> datetime:
    """The instant as DuckDB keeps it: UTC without saying so."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def find_livemode(connection: duckdb.DuckDBPyConnection) -> bool | None:
    """The mode that most of the landed Stripe objects have: true live, false test, None when nothing tells.

    It looks at all that has landed, so it does not depend on what landed first. A tie counts as live.
    """
    counts = " union all ".join(
        f"select count(*) filter (is_livemode) as live, count(*) filter (not is_livemode) as test from lake.{name}"
        for name, columns in DATASETS.items()
        if "is_livemode" in columns
    )
    row = connection.execute(f"select sum(live)::bigint, sum(test)::bigint from ({counts})").fetchone()
    live, test = row if row is not None else (0, 0)
    if not live and not test:
        return None
    return bool((live or 0) >= (test or 0))


def head_path(home: Home, name: str | None) -> Path | None:
    """The path of a head that `CURRENT` names, None when it names none."""
    return None if name is None else home.root / name

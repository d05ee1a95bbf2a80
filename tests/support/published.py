"""Two snapshots side by side: do they publish the same rows, but for what the contract says remembers?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import duckdb

#: Tables that depend on which runs there were.
REMEMBERING_TABLES: Final = frozenset({"pipeline_health", "ledger_entries", "ledger_postings"})
#: Columns that do, and rows that do, in tables that otherwise do not.
REMEMBERING_COLUMNS: Final = {"discrepancies": frozenset({"first_seen_at", "last_seen_at"})}
FORGOTTEN_ROWS: Final = {"discrepancies": "status = 'resolved'"}
SHOWN: Final = 3

Rows = dict[tuple[Any, ...], int]


def marts(path: Path) -> dict[str, list[str]]:
    """Published tables and their columns that do not remember."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'marts' "
            "order by table_name, column_name"
        ).fetchall()
    tables: dict[str, list[str]] = {}
    for table, column in found:
        if table not in REMEMBERING_TABLES and column not in REMEMBERING_COLUMNS.get(table, frozenset()):
            tables.setdefault(table, []).append(column)
    return tables


def differences(left: Path, right: Path) -> list[str]:
    """One line for each table that differs, with some of its rows; empty when both publish the same."""
    first, second = marts(left), marts(right)
    out = [
        f"only {name} has table {t}"
        for name, a, b in (("left", first, second), ("right", second, first))
        for t in a
        if t not in b
    ]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{left}' as l (read_only)")
        connection.execute(f"attach '{right}' as r (read_only)")
        for table in sorted(first.keys() & second.keys()):
            if first[table] != second[table]:
                out.append(f"{table}: columns {set(first[table]) ^ set(second[table])} are only on one side")
                continue
            out += _table_differences(connection, table, first[table])
    return out


def _table_differences(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> list[str]:
    listed = ", ".join(f'"{c}"' for c in columns)
    where = f"where not coalesce({FORGOTTEN_ROWS[table]}, false)" if table in FORGOTTEN_ROWS else ""
    one, other = (f"select {listed} from {side}.marts.{table} {where}" for side in "lr")
    out = []
    for name, query in (("left", f"({one}) except all ({other})"), ("right", f"({other}) except all ({one})")):
        count = connection.execute(f"select count(*) from ({query})").fetchone()
        if count and count[0]:
            rows = connection.execute(f"select * from ({query}) limit {SHOWN}").fetchall()
            shown = "; ".join(str(dict(zip(columns, row, strict=True))) for row in rows)
            out.append(f"{table}: {count[0]} rows only {name}: {shown[:1500]}")
    return out


def row_count(path: Path) -> int:
    """Rows of all marts that are compared: a guard against comparing nothing with nothing."""
    tables = marts(path)
    with duckdb.connect(str(path), read_only=True) as connection:
        counts = [connection.execute(f"select count(*) from marts.{t}").fetchone() for t in tables]
    return sum(c[0] for c in counts if c)

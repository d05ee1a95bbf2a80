"""Rows and amounts of the warehouse's tables, told with every materialisation."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

AMOUNTS_MAX = 12
CURRENCIES_MAX = 8


@dataclass(frozen=True, slots=True)
class TableMeasures:
    """A table's rows, and the sum of each `*_minor` column by currency ("" where the table has none)."""

    rows: int
    amounts_minor: dict[str, dict[str, int]] = field(default_factory=dict)


def measure_tables(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], TableMeasures]:
    """Measures of every table, by (schema, name). Views are left out: counting one would compute it.

    Amounts are summed for the marts only, where they mean something. Sums are exact (HUGEINT) and handed over as int.
    """
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where not internal and database_name = current_database() "
        "and schema_name in ('intermediate', 'marts', 'seeds')"
    ).fetchall()
    return {(schema, name): _measure(connection, schema, name) for schema, name in tables}


def _measure(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> TableMeasures:
    row = connection.execute(f'select count(*) from "{schema}"."{name}"').fetchone()
    rows = int(row[0]) if row is not None else 0
    if schema != "marts":
        return TableMeasures(rows)
    columns = [r[0] for r in connection.execute(f'describe "{schema}"."{name}"').fetchall()]
    amounts = [column for column in columns if column.endswith("_minor")][:AMOUNTS_MAX]
    if not amounts or not rows:
        return TableMeasures(rows)
    currency = "coalesce(currency, '')" if "currency" in columns else "''"
    sums = ", ".join(f'coalesce(sum("{column}"), 0)::varchar' for column in amounts)
    found = connection.execute(
        f'select {currency}, {sums} from "{schema}"."{name}" group by 1 order by 1 limit {CURRENCIES_MAX}'
    ).fetchall()
    return TableMeasures(rows, {column: {r[0]: int(r[i + 1]) for r in found} for i, column in enumerate(amounts)})

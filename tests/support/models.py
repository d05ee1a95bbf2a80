"""Runs single dbt models inside a DuckDB in memory, in milliseconds, so that properties can be tried on many inputs.

A model is rendered with the project's own macros; `ref` and `source` become tables of the same connection. What dbt
itself does (order, contracts, the incremental strategy) is held by the tests that build the project; here
`delete+insert` is done as dbt does it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2

DBT = Path(__file__).resolve().parents[2] / "dbt"


@dataclass
class Models:
    """Builds models by name; `views` are models or sources that the test has put there itself."""

    connection: duckdb.DuckDBPyConnection
    macro_files: tuple[str, ...] = ("usage.sql", "periods.sql")
    built: set[str] = field(default_factory=set)

    def sql(self, name: str, *, is_incremental: bool = False) -> str:
        template = _environment().from_string(_macros(self.macro_files) + _path(name).read_text(encoding="utf-8"))
        return template.render(
            ref=lambda model: model,
            source=lambda schema, table: f"{schema}_{table}",
            config=lambda *positional, **named: "",
            is_incremental=lambda: is_incremental,
            this=name,
        )

    def view(self, name: str) -> None:
        self.connection.execute(f"create or replace view {name} as {self.sql(name)}")

    def table(self, name: str) -> None:
        self.connection.execute(f"create or replace table {name} as {self.sql(name)}")

    def delete_and_insert(self, name: str, key: str) -> None:
        """As dbt's incremental strategy `delete+insert`: from empty at the first call."""
        if name not in self.built:
            self.table(name)
            self.built.add(name)
            return
        self.connection.execute(f"create or replace temp table incoming as {self.sql(name, is_incremental=True)}")
        self.connection.execute(f"delete from {name} where {key} in (select {key} from incoming)")
        self.connection.execute(f"insert into {name} by name select * from incoming")

    def rows(self, query: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)


@cache
def _macros(files: tuple[str, ...]) -> str:
    return "".join((DBT / "macros" / name).read_text(encoding="utf-8") for name in files)


@cache
def _path(name: str) -> Path:
    (path,) = (DBT / "models").rglob(f"{name}.sql")
    return path

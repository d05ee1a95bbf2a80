"""A SQLAlchemy dialect for reading one published or candidate snapshot, made for Great Expectations.

Great Expectations 1.24 fetches rows after it has closed its connection. The rollback that SQLAlchemy sends at closing
drops DuckDB's pending result, and every metric then fails with `list index out of range`. A snapshot is only ever
read, so transactions mean nothing here: this dialect sends none. Connections are read-only and see schema `marts`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from duckdb_engine import Dialect
from sqlalchemy.dialects import registry

DIALECT_NAME: Final = "tieout_snapshot"


class SnapshotDialect(Dialect):
    """DuckDB, read-only, without transactions, with `marts` as the schema."""

    name = DIALECT_NAME
    supports_statement_cache = False

    def connect(self, *arguments: Any, **options: Any) -> Any:
        connection = super().connect(*arguments, **{**options, "read_only": True})
        connection.execute("set schema = 'marts'")
        connection.execute("set TimeZone = 'UTC'")
        return connection

    def get_table_names(self, connection: Any, schema: Any = None, **options: Any) -> Any:
        """Tables, and views with them: some marts are views over immutable files."""
        tables = super().get_table_names(connection, schema, **options)
        return [*tables, *super().get_view_names(connection, schema or "marts", **options)]

    def do_begin(self, dbapi_connection: Any) -> None:
        """Nothing to begin: see the module's docstring."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing to roll back."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing to commit."""


def snapshot_address(snapshot: Path) -> str:
    """The SQLAlchemy address of a snapshot file; registers the dialect on first use."""
    registry.register(DIALECT_NAME, __name__, SnapshotDialect.__name__)
    return f"{DIALECT_NAME}:///{snapshot.resolve()}"

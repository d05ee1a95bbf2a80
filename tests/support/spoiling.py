"""Spoils a snapshot file on purpose, to see who notices."""

from __future__ import annotations

from pathlib import Path

import duckdb


def spoil(snapshot: Path, *statements: str) -> None:
    """Runs the statements on a closed snapshot file; it is closed again afterwards.

    A mart that is a view becomes a table first, so that it can be changed too.
    """
    connection = duckdb.connect(str(snapshot))
    try:
        views = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' and table_type = 'VIEW'"
        ).fetchall()
        for (view,) in views:
            connection.execute(f"create table marts.spoiled as from marts.{view}")
            connection.execute(f"drop view marts.{view}")
            connection.execute(f"alter table marts.spoiled rename to {view}")
        for statement in statements:
            connection.execute(statement)
    finally:
        connection.close()

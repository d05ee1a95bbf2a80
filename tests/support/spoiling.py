"""Spoils a snapshot file on purpose, to see who notices."""

from __future__ import annotations

from pathlib import Path

import duckdb


def spoil(snapshot: Path, *statements: str) -> None:
    """Runs the statements on a closed snapshot file; it is closed again afterwards."""
    connection = duckdb.connect(str(snapshot))
    try:
        for statement in statements:
            connection.execute(statement)
    finally:
        connection.close()

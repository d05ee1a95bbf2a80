"""Types the Stripe objects of a golden folder and writes them down one row per line, to be compared as reviewed.

``python -m tests.sources.stripe.typed_rows`` rewrites every ``typed.jsonl``; read the difference before committing it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tieout.sources.stripe_objects import type_objects
from tieout.store.datasets import DATASETS

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
FOLDERS = ("recorded_stripe_objects", "stripe_objects_of_todays_versions")
LEFT_OUT = ("batch_number", "raw")


def land_lines(lines: Iterable[tuple[str, int, str]]) -> duckdb.DuckDBPyConnection:
    """A connection with the temp table that ``type_objects`` reads; a file is known by its name here."""
    connection = duckdb.connect()
    connection.execute("create temp table landed_lines (file_hash varchar, line_number bigint, text varchar)")
    rows = list(lines)
    if rows:
        connection.executemany("insert into landed_lines values (?, ?, ?)", rows)
    return connection


def lines_of(folder: Path) -> list[tuple[str, int, str]]:
    """(file name, line number from 1, text) of every line of the folder's Stripe files."""
    return [
        (path.name, number, text)
        for path in sorted((folder / "landing" / "stripe").glob("*.jsonl"))
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]


def typed_rows(lines: Iterable[tuple[str, int, str]]) -> list[dict[str, Any]]:
    """Every row that the lines give, as JSON values: its dataset first, then all of its columns that are not null."""
    connection = land_lines(lines)
    tables = type_objects(connection, batch_number=1)
    rows = []
    for dataset, table in sorted(tables.items()):
        columns = [name for name in DATASETS[dataset] if name not in LEFT_OUT]
        listed = ", ".join(f'"{name}"' for name in columns)
        found = connection.execute(f"select {listed} from {table} order by all").fetchall()
        for row in found:
            values = {name: _plain(value) for name, value in zip(columns, row, strict=True) if value is not None}
            rows.append({"dataset": dataset, **values})
    return rows


def _plain(value: Any) -> Any:
    """Money as a number, quantities and prices as text with every digit, instants as text, no empty fields."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def main() -> None:
    for name in FOLDERS:
        folder = GOLDEN / name
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in typed_rows(lines_of(folder)))
        (folder / "typed.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

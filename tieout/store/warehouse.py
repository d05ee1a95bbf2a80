"""The warehouse of a home: the one DuckDB file that dbt builds in, and every connection that writes to it.

The file can be rebuilt from the lake at any time. It is trusted only when it is exactly the one that the last
publication
left: it carries a token, set to the run's id before the run touches anything, and `CURRENT` names the token of the
committed run. After a run that died the two differ, and the next run starts with an empty file, so nothing half built
is ever built upon. The same happens when what the tables were made *by* has changed (the fingerprint).

Each warehouse lies in a folder named by the run that began it, so that a process left over from a killed run can never
write into the file of its successor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tieout.store.config import Config
from tieout.store.files import remove
from tieout.store.home import SPILL, Current, Home

FILE_NAME = "warehouse.duckdb"
TOKEN_TABLE = "main.tieout_warehouse"
PROJECT_SUFFIXES = (".sql", ".yml", ".csv", ".py")


@dataclass(frozen=True, slots=True)
class Warehouse:
    """An opened-for-this-run warehouse file.

    Attributes:
        path: the DuckDB file.
        config: DuckDB's settings; every connection of the process must use the same.
        is_rebuilt: true when it began empty, so that incremental models build in full.
    """

    path: Path
    config: dict[str, str]
    is_rebuilt: bool

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A writing connection. Close it before dbt starts: one process, but one writer at a time."""
        connection = duckdb.connect(str(self.path), config=dict(self.config))
        try:
            connection.execute("set TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()


def duckdb_config(config: Config, temporary: Path) -> dict[str, str]:
    """DuckDB's settings for a run: its share of the machine, and where to spill."""
    return {
        "threads": str(config.threads),
        "memory_limit": config.memory_limit,
        "temp_directory": str(temporary),
        "preserve_insertion_order": "false",
    }


def folder_fingerprint(*folders: Path) -> str:
    """A hash over the code files of the folders: names within each folder, and contents."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(folder)
            if path.suffix in PROJECT_SUFFIXES and "target" not in relative.parts and path.is_file():
                digest.update(relative.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def combined_fingerprint(parts: Iterable[object]) -> str:
    """One hash over the parts, each taken as JSON."""
    return hashlib.sha256(json.dumps(list(parts), default=str, sort_keys=True).encode()).hexdigest()


def open_warehouse(home: Home, config: Config, current: Current | None, run_id: str) -> Warehouse:
    """Takes the last publication's warehouse if it is exactly that, or begins an empty one; marks it as this run's.

    The fingerprint is looked at later (`accept_fingerprint`), when the run knows it.
    """
    settings = duckdb_config(config, home.run_folder(run_id) / SPILL)
    if current is not None and current.warehouse is not None:
        path = home.root / current.warehouse
        if _token_of(path, settings) == current.warehouse_token is not None:
            warehouse = Warehouse(path, settings, is_rebuilt=False)
            with warehouse.connect() as connection:
                connection.execute(f"update {TOKEN_TABLE} set token = ?", [run_id])
            return warehouse
        remove(path.parent)
    return _begin(home, settings, run_id, fingerprint=None)


def accept_fingerprint(home: Home, warehouse: Warehouse, run_id: str, fingerprint: str) -> Warehouse:
    """The warehouse if it was made by what would make it now, otherwise an empty one."""
    with warehouse.connect() as connection:
        row = connection.execute(f"select fingerprint from {TOKEN_TABLE}").fetchone()
        if row is not None and row[0] is None:
            connection.execute(f"update {TOKEN_TABLE} set fingerprint = ?", [fingerprint])
            return warehouse
    if row is not None and row[0] == fingerprint:
        return warehouse
    remove(warehouse.path.parent)
    return _begin(home, warehouse.config, run_id, fingerprint)


def _begin(home: Home, settings: dict[str, str], run_id: str, fingerprint: str | None) -> Warehouse:
    folder = home.warehouses / run_id
    remove(folder)
    folder.mkdir(parents=True)
    warehouse = Warehouse(folder / FILE_NAME, settings, is_rebuilt=True)
    with warehouse.connect() as connection:
        connection.execute(f"create table {TOKEN_TABLE} (token varchar not null, fingerprint varchar)")
        connection.execute(f"insert into {TOKEN_TABLE} values (?, ?)", [run_id, fingerprint])
    return warehouse


def _token_of(path: Path, settings: dict[str, str]) -> str | None:
    """The token in a warehouse file, None when the file is not there or cannot be read."""
    if not path.exists():
        return None
    try:
        connection = duckdb.connect(str(path), config=dict(settings))
    except duckdb.Error:
        return None
    try:
        row = connection.execute(f"select token from {TOKEN_TABLE}").fetchone()
    except duckdb.Error:
        return None
    finally:
        connection.close()
    return None if row is None else str(row[0])


def write_profile(folder: Path, warehouse: Warehouse, threads: int) -> Path:
    """Writes dbt's `profiles.yml` for this warehouse into `folder` and returns its path. JSON is YAML."""
    output = {
        "type": "duckdb",
        "path": str(warehouse.path),
        "schema": "main",
        "threads": threads,
        "config_options": warehouse.config,
        "settings": {"TimeZone": "UTC"},
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "profiles.yml"
    path.write_text(json.dumps({"tieout": {"target": "home", "outputs": {"home": output}}}, indent=2) + "\n")
    return path

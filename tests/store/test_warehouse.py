import json
from dataclasses import replace
from pathlib import Path

import pytest

from tieout.store.config import Config
from tieout.store.home import Current, Home
from tieout.store.warehouse import (
    accept_fingerprint,
    combined_fingerprint,
    folder_fingerprint,
    open_warehouse,
    write_profile,
)

CONFIG = Config(threads=1, memory_limit="500MB")


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


def current_of(home: Home, warehouse, token: str) -> Current:
    return Current(
        run_id=token,
        as_of="2026-11-01T00:00:00Z",
        published_at="2026-11-01T00:00:00Z",
        snapshot="s",
        warehouse=home.relative(warehouse.path),
        warehouse_token=token,
    )


def first_run(home: Home):
    """A warehouse that the run r1 has built and published."""
    warehouse = accept_fingerprint(home, open_warehouse(home, CONFIG, None, "r1"), "r1", "fingerprint")
    with warehouse.connect() as connection:
        connection.execute("create table kept as select 1 as one")
    return warehouse


def has_kept(warehouse) -> bool:
    with warehouse.connect() as connection:
        return bool(connection.execute("select count(*) from duckdb_tables() where table_name = 'kept'").fetchone()[0])


def test_the_published_warehouse_is_built_upon(home):
    current = current_of(home, first_run(home), "r1")
    again = accept_fingerprint(home, open_warehouse(home, CONFIG, current, "r2"), "r2", "fingerprint")
    assert not again.is_rebuilt
    assert has_kept(again)


def test_after_a_run_that_died_it_begins_empty(home):
    current = current_of(home, first_run(home), "r1")
    open_warehouse(home, CONFIG, current, "r2")  # r2 marks it as its own, and dies
    again = open_warehouse(home, CONFIG, current, "r3")
    assert again.is_rebuilt
    assert not has_kept(again)


def test_a_first_run_that_died_leaves_nothing_to_build_upon(home):
    first_run(home)
    assert open_warehouse(home, CONFIG, None, "r2").is_rebuilt


def test_another_fingerprint_begins_empty(home):
    current = current_of(home, first_run(home), "r1")
    again = accept_fingerprint(home, open_warehouse(home, CONFIG, current, "r2"), "r2", "changed rules")
    assert again.is_rebuilt
    assert not has_kept(again)


@pytest.mark.parametrize("damage", ["not a database", ""])
def test_a_damaged_or_missing_file_begins_empty(home, damage):
    warehouse = first_run(home)
    if damage:
        warehouse.path.write_text(damage)
    else:
        warehouse.path.unlink()
    assert open_warehouse(home, CONFIG, current_of(home, warehouse, "r1"), "r2").is_rebuilt


def test_a_successor_never_writes_into_the_file_of_a_killed_run(home):
    warehouse = first_run(home)
    current = replace(current_of(home, warehouse, "r1"), warehouse_token="another")
    assert open_warehouse(home, CONFIG, current, "r2").path != warehouse.path


def test_the_profile_names_the_file_and_the_machine_share(home, tmp_path):
    warehouse = first_run(home)
    profile = json.loads(write_profile(tmp_path / "run", warehouse, threads=1).read_text())
    output = profile["tieout"]["outputs"]["home"]
    assert output["path"] == str(warehouse.path)
    assert Path(output["path"]).stem == "warehouse"
    assert output["config_options"]["memory_limit"] == "500MB"
    assert output["settings"] == {"TimeZone": "UTC"}


def test_a_folder_s_fingerprint_follows_names_and_contents(tmp_path):
    (tmp_path / "a.sql").write_text("select 1")
    first = folder_fingerprint(tmp_path)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "b.sql").write_text("made by dbt")
    (tmp_path / "notes.txt").write_text("no code")
    assert folder_fingerprint(tmp_path) == first
    (tmp_path / "a.sql").write_text("select 2")
    second = folder_fingerprint(tmp_path)
    (tmp_path / "a.sql").rename(tmp_path / "c.sql")
    assert len({first, second, folder_fingerprint(tmp_path)}) == 3


def test_a_combined_fingerprint_follows_every_part():
    assert combined_fingerprint(["a", None]) != combined_fingerprint(["a", True])
    assert combined_fingerprint([{"x": 1, "y": 2}]) == combined_fingerprint([{"y": 2, "x": 1}])

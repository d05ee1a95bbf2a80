import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tieout.store import snapshots
from tieout.store.config import Config
from tieout.store.errors import NoSnapshot, TieoutError
from tieout.store.home import Current, Home, Published, rfc3339
from tieout.store.snapshots import build_candidate, kept_snapshots, name_snapshot, open_snapshot
from tieout.store.warehouse import open_warehouse

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


@pytest.fixture
def warehouse(home):
    warehouse = open_warehouse(home, Config(threads=1, memory_limit="500MB"), None, "w")
    with warehouse.connect() as connection:
        connection.execute("create schema staging; create schema marts")
        connection.execute("create table staging.raw as select range as id from range(3)")
        connection.execute("create view marts.shown as select id, id * 100 as total_minor from warehouse.staging.raw")
        connection.execute("create table marts.stored as select 9007199254740993::bigint as amount_minor")
    return warehouse


def publish(home, warehouse, run_id, published_at=NOW):
    """One publication as a run makes it."""
    build_candidate(home, warehouse, run_id, {})
    path = home.relative(name_snapshot(home, run_id))
    entry = Published(run_id=run_id, as_of=rfc3339(NOW), path=path, published_at=rfc3339(published_at))
    kept = kept_snapshots(home.current(), entry, 1, 60)
    current = Current(
        run_id=run_id, as_of=rfc3339(NOW), published_at=rfc3339(published_at), snapshot=path, snapshots=kept
    )
    home.publish(current)
    return current


def test_the_candidate_holds_the_marts_and_nothing_else_views_as_tables(home, warehouse):
    counts = build_candidate(home, warehouse, "r1", {})
    assert counts == {"shown": 3, "stored": 1}
    warehouse.path.unlink()  # a snapshot stands on its own
    publish_path = name_snapshot(home, "r1")
    assert publish_path.name == "r1.duckdb"
    assert not list(home.snapshots.glob(".candidate*"))


def test_descriptions_become_comments(home, warehouse):
    build_candidate(home, warehouse, "r1", {"stored": ("What's stored.", {"amount_minor": "It's money.", "gone": "x"})})
    path = name_snapshot(home, "r1")
    home.publish(Current(run_id="r1", as_of=rfc3339(NOW), published_at=rfc3339(NOW), snapshot=home.relative(path)))
    with open_snapshot(home) as snapshot:
        [table] = snapshot.rows("select comment from duckdb_tables() where table_name = 'stored'")
        [column] = snapshot.rows("select comment from duckdb_columns() where column_name = 'amount_minor'")
    assert (table["comment"], column["comment"]) == ("What's stored.", "It's money.")


def test_money_is_handed_over_exactly(home, warehouse):
    publish(home, warehouse, "r1")
    with open_snapshot(home) as snapshot:
        assert snapshot.rows("select * from marts.stored") == [{"amount_minor": 9007199254740993}]
        assert snapshot.tables() == {"shown", "stored"}


def test_a_copy_with_other_rows_than_the_warehouse_is_refused(home, warehouse, monkeypatch):
    real = snapshots._check_copy

    def spoil(connection, table):
        connection.execute(f"delete from marts.{table}")
        return real(connection, table)

    monkeypatch.setattr(snapshots, "_check_copy", spoil)
    with pytest.raises(TieoutError, match="shown has 0 rows, and the warehouse has 3"):
        build_candidate(home, warehouse, "r1", {})


def test_a_home_without_a_publication_says_what_to_do(home):
    with pytest.raises(NoSnapshot, match="tieout run --landing DIR"):
        open_snapshot(home)


def test_a_reader_keeps_what_it_opened_while_it_is_removed(home, warehouse):
    publish(home, warehouse, "r1")
    with open_snapshot(home) as reader:
        publish(home, warehouse, "r2", NOW + timedelta(seconds=1))
        publish(home, warehouse, "r3", NOW + timedelta(hours=1))
        home.sweep(runs_kept=1)
        assert not reader.path.exists()
        assert len(reader.rows("select * from marts.shown")) == 3
    with open_snapshot(home) as reader:
        assert reader.run_id == "r3"


def test_a_reader_that_comes_too_late_for_a_file_takes_the_next(home, warehouse, monkeypatch):
    publish(home, warehouse, "r1")
    real, calls = snapshots.duckdb.connect, []

    def connect(path, **options):
        if not calls:  # between reading CURRENT and opening, another run publishes and the old file goes
            calls.append(path)
            monkeypatch.setattr(snapshots.duckdb, "connect", real)
            publish(home, warehouse, "r2")
            (home.snapshots / "r1.duckdb").unlink()
        return real(path, **options)

    monkeypatch.setattr(snapshots.duckdb, "connect", connect)
    with open_snapshot(home) as reader:
        assert reader.run_id == "r2"
    assert calls


# ---------------------------------------------------------------- retention


def entry(number: int, minutes: float) -> Published:
    at = rfc3339(NOW + timedelta(minutes=minutes))
    return Published(run_id=f"r{number}", as_of=at, path=f"snapshots/r{number}.duckdb", published_at=at)


def history(*entries: Published) -> Current:
    last = entries[-1]
    return Current(
        run_id=last.run_id, as_of=last.as_of, published_at=last.published_at, snapshot=last.path, snapshots=entries
    )


def ids(kept) -> list[str]:
    return [one.run_id for one in kept]


def test_the_newest_are_kept_the_new_one_included():
    previous = history(entry(1, 0), entry(2, 60), entry(3, 120))
    assert ids(kept_snapshots(previous, entry(4, 180), 2, 0)) == ["r3", "r4"]
    assert ids(kept_snapshots(previous, entry(4, 180), 9, 0)) == ["r1", "r2", "r3", "r4"]
    assert ids(kept_snapshots(None, entry(1, 0), 1, 0)) == ["r1"]


def test_what_was_current_a_moment_ago_is_kept_for_readers_on_their_way():
    previous = history(entry(1, 0), entry(2, 60), entry(3, 60.5))
    assert ids(kept_snapshots(previous, entry(4, 61), 1, 60)) == ["r2", "r3", "r4"]
    assert ids(kept_snapshots(previous, entry(4, 61), 1, 10)) == ["r3", "r4"]


def test_the_list_of_kept_snapshots_survives_current(home):
    current = replace(history(entry(1, 0), entry(2, 1)), snapshot="CURRENT")
    assert Current.from_json(current.to_json()).snapshots == current.snapshots
    assert json.loads(current.to_json())["snapshots"][0]["run_id"] == "r1"

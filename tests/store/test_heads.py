from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pytest

from tieout.core.settings import Settings
from tieout.store.datasets import DATASETS
from tieout.store.findings import FINDING_COLUMNS
from tieout.store.heads import HEALTH, Before, create_head_view, create_run_parameters, find_livemode, write_head

COLUMNS = {"id": "VARCHAR", "amount_minor": "BIGINT"}


@pytest.fixture
def connection():
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema lake")
        yield connection


@pytest.mark.parametrize("columns", [FINDING_COLUMNS, HEALTH])
def test_without_a_head_the_view_is_empty_and_typed(connection, columns):
    create_head_view(connection, "heads", columns, None)
    described = connection.execute("describe lake.heads").fetchall()
    assert {row[0]: row[1] for row in described} == columns
    assert connection.execute("select count(*) from lake.heads").fetchone() == (0,)


def test_a_head_is_read_back_and_lacking_columns_are_null(connection, tmp_path):
    head = write_head(connection, "select 'a' as id, 'more' as unknown", tmp_path, "r1")
    assert head == tmp_path / "r1.parquet"
    create_head_view(connection, "heads", COLUMNS, head)
    assert connection.execute("select * from lake.heads").fetchall() == [("a", None)]
    assert [path.name for path in tmp_path.iterdir()] == ["r1.parquet"]


def test_run_parameters_hold_the_instant_in_utc_and_every_setting(connection):
    as_of = datetime(2026, 11, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    create_run_parameters(connection, "r1", as_of, None, Settings(event_grace_hours=7), 400, Before(as_of, 3, 2, 50))
    [row] = connection.execute("select * from lake.run_parameters").fetchall()
    names = [column[0] for column in connection.description]
    found = dict(zip(names, row, strict=True))
    assert found["as_of"] == datetime(2026, 11, 1, 0, 0)
    assert found["previous_as_of"] == datetime(2026, 11, 1, 0, 0)
    assert (found["landed_batches"], found["ledger_batches"], found["ledger_entries"]) == (3, 2, 50)
    assert found["is_livemode"] is None
    assert found["event_grace_hours"] == 7
    assert set(Settings().as_dict()) <= set(names)


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ([], None),
        ([None], None),
        ([True], True),
        ([False], False),
        ([True, False, False], False),
        ([True, False], True),
    ],
)
def test_the_mode_is_that_of_most_objects_a_tie_is_live(connection, modes, expected):
    for name, columns in DATASETS.items():
        if "is_livemode" in columns:
            connection.execute(f"create table lake.{name} (is_livemode boolean)")
    for mode in modes:
        connection.execute("insert into lake.stripe_customers values (?)", [mode])
    assert find_livemode(connection) is expected


def test_instants_without_an_offset_are_utc():
    from tieout.store.instants import open_instant

    assert open_instant("2026-11-01") == datetime(2026, 11, 1, tzinfo=UTC)
    assert open_instant("2026-11-01T02:00:00+02:00") == datetime(2026, 11, 1, tzinfo=UTC)
    assert open_instant("").microsecond == 0

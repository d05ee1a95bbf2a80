"""The comparison of snapshots must see what differs, or it proves nothing."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.support.published import differences


def make(path: Path, *statements: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.invoices as select 'in_1' as invoice_id, 100::bigint as total_minor")
        connection.execute(
            "create table marts.discrepancies as select 'd1' as discrepancy_id, 'open' as status, "
            "5::bigint as impact_minor, timestamp '2026-01-01' as first_seen_at, timestamp '2026-01-01' as last_seen_at"
        )
        connection.execute("create table marts.pipeline_health as select 'r1' as run_id, 1 as value")
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.fixture
def left(tmp_path: Path) -> Path:
    return make(tmp_path / "left.duckdb")


def test_equal_snapshots_have_no_differences(left: Path, tmp_path: Path) -> None:
    assert differences(left, make(tmp_path / "right.duckdb")) == []


def test_what_remembers_is_not_compared(left: Path, tmp_path: Path) -> None:
    right = make(
        tmp_path / "right.duckdb",
        "update marts.discrepancies set first_seen_at = timestamp '2025-01-01', last_seen_at = null",
        "insert into marts.discrepancies values ('d2', 'resolved', 7, null, null)",
        "update marts.pipeline_health set run_id = 'r2'",
    )
    assert differences(left, right) == []


@pytest.mark.parametrize(
    "statement",
    [
        "update marts.invoices set total_minor = 101",
        "insert into marts.invoices from marts.invoices",
        "delete from marts.invoices",
        "update marts.discrepancies set status = 'resolved'",
        "alter table marts.invoices add column extra integer",
        "drop table marts.invoices",
    ],
)
def test_every_other_change_is_seen(left: Path, tmp_path: Path, statement: str) -> None:
    assert differences(left, make(tmp_path / "right.duckdb", statement)) != []

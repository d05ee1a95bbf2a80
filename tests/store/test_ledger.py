"""The ledger's files: batches never change, the chain tells when one did, and only what is named counts."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from tests.store.test_ledger_posting import DAY, targets
from tests.support.posting import Ledger
from tieout.store.errors import TieoutError
from tieout.store.ledger import (
    POSTING_COLUMNS,
    Batch,
    Chain,
    append_batch,
    check_files,
    mart_queries,
    read_chain,
    remove_unnamed,
    write_chain,
)
from tieout.store.ledger_verification import verify


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Two batches, in a folder whose name needs quotes."""
    made = Ledger(tmp_path / "it's home")
    targets(made, ("ch_1", 100, DAY[1]))
    made.post(DAY[2])
    targets(made, ("ch_1", 150, DAY[1]))
    made.post(DAY[3])
    return made


def rewrite(path: Path, query: str) -> None:
    """Replaces a batch's file by the rows of a query over it (`batch`)."""
    with duckdb.connect() as connection:
        quoted = str(path).replace("'", "''")
        connection.execute(f"create table batch as from '{quoted}'")
        connection.execute(f"copy ({query}) to '{quoted}' (format parquet)")


def file(ledger: Ledger, number: int, name: str) -> Path:
    [path] = ledger.home.ledger.glob(f"{number:06}-*-{name}.parquet")
    return path


def test_a_sound_ledger_is_verified_batch_by_batch(ledger: Ledger) -> None:
    told: list[tuple[int, int]] = []
    found = verify(ledger.home, lambda done, total: told.append((done, total)))
    assert (found.batches, found.entries, found.faults) == (2, 3, ())
    assert found.hash == ledger.chain.batches[-1].hash
    assert told == [(1, 2), (2, 2)]


def test_each_batch_carries_the_hash_of_the_one_before(ledger: Ledger) -> None:
    first, second = ledger.chain.batches
    assert second.previous_hash == first.hash
    assert first.previous_hash == "0" * 64
    assert [batch.recorded_at for batch in (first, second)] == ["2026-09-02T00:00:00Z", "2026-09-03T00:00:00Z"]


@pytest.mark.parametrize(
    ("name", "query", "fault"),
    [
        ("postings", "select * replace (amount_minor * 2 as amount_minor) from batch", "has been changed"),
        ("postings", "from batch where account <> 'payments_clearing'", "does not balance: its usd postings add up to"),
        ("postings", "from batch where false", "has no postings"),
        ("entries", "from batch union all from batch", "is there 2 times"),
        ("entries", "from batch where false", "belongs to no entry"),
        ("entries", "select * replace ('gone' as reverses_entry_id) from batch", "reverses gone"),
    ],
)
def test_a_changed_file_and_what_is_wrong_in_it_are_named(ledger: Ledger, name: str, query: str, fault: str) -> None:
    path = file(ledger, 2, name)
    rewrite(path, query)
    faults = verify(ledger.home).faults
    assert f"batch 2 of run r0002: {path} has been changed" in faults
    assert any(fault in each for each in faults), faults


def test_an_entry_reversed_twice_is_named(ledger: Ledger) -> None:
    rewrite(file(ledger, 2, "entries"), "select * replace ('charge_succeeded:ch_1' as reverses_entry_id) from batch")
    assert "entry charge_succeeded:ch_1 is reversed 2 times" in verify(ledger.home).faults


def test_a_batch_that_is_gone_or_left_out_is_named(ledger: Ledger) -> None:
    file(ledger, 1, "postings").unlink()
    assert any("is not there" in fault for fault in verify(ledger.home).faults)
    ledger.chain = Chain(ledger.chain.batches[1:])
    ledger.commit("r0002")
    faults = verify(ledger.home).faults
    assert "batch 2 of run r0002 stands at place 1 of the chain" in faults
    assert "batch 2 of run r0002 does not follow the batch before it: it names another hash" in faults


def test_a_head_that_was_written_over_is_named(ledger: Ledger) -> None:
    first, second = ledger.chain.batches
    ledger.chain = Chain((Batch(**{**asdict(first), "recorded_at": "2026-01-01T00:00:00Z"}), second))
    ledger.commit("r0002")
    assert verify(ledger.home).faults == (
        "batch 1 of run r0001 has another hash than follows from what the head says of it",
    )


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "is not there"), (b"PAR1 cut", "is damaged"), (b"", "is damaged")]
)
def test_a_run_that_begins_names_the_file_it_lacks(ledger: Ledger, content: bytes | None, problem: str) -> None:
    check_files(ledger.home, ledger.chain)
    path = file(ledger, 1, "postings")
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TieoutError, match=rf"ledger file .*{path.name} {problem}: put it back from a backup"):
        check_files(ledger.home, ledger.chain)


def test_a_head_that_cannot_be_read_says_which(ledger: Ledger) -> None:
    current = ledger.home.current()
    assert current is not None
    assert current.ledger is not None
    (ledger.home.root / current.ledger).write_text("{}")
    with pytest.raises(TieoutError, match=r"the ledger's head .*r0002\.json cannot be read"):
        read_chain(ledger.home, current)


def test_a_ledger_that_nothing_names_is_no_leaving(ledger: Ledger) -> None:
    with pytest.raises(TieoutError, match=r"ledger that .*CURRENT does not name: put that file back from a backup"):
        read_chain(ledger.home, None)
    for path in ledger.home.ledger.glob("000002-*"):
        path.unlink()
    assert read_chain(ledger.home, None) == Chain(), "one batch is all that a first run that died can have left"


def test_what_is_not_named_is_removed_and_what_is_named_stays(ledger: Ledger) -> None:
    before = {path.name for path in ledger.home.ledger.iterdir()} - {"r0001.json"}
    targets(ledger, ("ch_9", 1, DAY[1]))
    current = ledger.home.current()
    ledger.find_due(DAY[4])
    append_batch(ledger.connection, ledger.home, ledger.chain, "died", DAY[4])
    write_chain(ledger.home, ledger.chain, "died")
    assert len(list(ledger.home.ledger.iterdir())) > len(before) + 1
    remove_unnamed(ledger.home, current)
    assert {path.name for path in ledger.home.ledger.iterdir()} == before
    assert verify(ledger.home).faults == ()


def test_what_was_due_in_another_run_is_not_posted_again(ledger: Ledger) -> None:
    with pytest.raises(TieoutError, match="2 ledger entries are due from another run"):
        append_batch(ledger.connection, ledger.home, ledger.chain, "r0003", DAY[4])


def test_a_warehouse_without_ledger_posts_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "home")
    assert append_batch(ledger.connection, ledger.home, Chain(), "r1", datetime(2026, 9, 1)) == Chain()
    assert list(ledger.home.ledger.iterdir()) == []


def test_the_published_queries_read_the_batches_from_any_folder(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        for name, query in mart_queries(ledger.home, ledger.chain).items():
            connection.execute(f"create view {name} as {query}")
        assert connection.execute("select count(*) from ledger_entries").fetchone() == (3,)
        assert connection.execute("select sum(amount_minor) from ledger_postings").fetchone() == (0,)
        described = {row[0] for row in connection.execute("describe ledger_postings").fetchall()}
    assert described == set(POSTING_COLUMNS)


def test_an_empty_ledger_has_its_columns(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "home")
    with duckdb.connect() as connection:
        found = connection.execute(mart_queries(ledger.home, Chain())["ledger_entries"])
        assert found.fetchall() == []
        assert "recorded_at" in [column[0] for column in found.description]


def test_the_head_tells_all_of_every_batch(ledger: Ledger) -> None:
    head = json.loads((ledger.home.ledger / "r0002.json").read_text())
    assert [batch["entries"] for batch in head["batches"]] == [1, 2]
    assert read_chain(ledger.home, ledger.home.current()) == ledger.chain

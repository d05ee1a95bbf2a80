"""The golden documents in two portions, a month closed between them: what is posted stays, what is late comes later."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dagster_project.session import open_session
from tests.ledger.conftest import GOLDEN, LEDGER_MODELS, Ledger
from tests.support.portions import by_records, land
from tieout.sources.closing import land_record
from tieout.store.errors import TieoutError
from tieout.store.home import Home, new_run_id
from tieout.store.ledger_verification import verify
from tieout.store.snapshots import open_snapshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

CLOSED_MONTH = "2026-08"
CLOSED_UNTIL = datetime(2026, 9, 1)
FIRST_AS_OF = datetime(2026, 9, 10)
BALANCES = """
    select account, customer_id, currency, sum(amount_minor)::bigint
    from marts.ledger_entries join marts.ledger_postings using (entry_id)
    where recorded_at <= ? and effective_at < ?
    group by all having sum(amount_minor) <> 0
"""
FOREVER = datetime(9999, 1, 1)


class Books:
    """A home whose runs build the ledger's models alone, and publish."""

    def __init__(self, root: Path) -> None:
        self.home, self.landing = Home(root / "home"), root / "landing"
        self.landing.mkdir()

    def run(self, as_of: datetime, *, dies: bool = False) -> int:
        """One run; how many entries it posted. One that dies does so with its batch written and nothing published."""
        with open_session(
            self.home, self.landing, as_of.replace(tzinfo=UTC), new_run_id(), lambda holder: None
        ) as session:
            before = session.chain.entries
            session.land_files()
            failed = [r for r in session.build(LEDGER_MODELS) if r.has_failed and "ledger" in r.name]
            assert not failed, failed
            session.append_ledger()
            if not dies:
                session.build_candidate()
                session.publish()
            return session.chain.entries - before

    def rows(self, sql: str, *parameters: object) -> set[tuple[Any, ...]]:
        with open_snapshot(self.home) as snapshot:
            return {tuple(row.values()) for row in snapshot.rows(sql, list(parameters))}

    def files(self) -> dict[str, str]:
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in self.home.ledger.glob("*.parquet")}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Five runs: a portion, again, the rest with August closed (at first in vain), and all from an empty warehouse."""
    root = tmp_path_factory.mktemp("books")
    books = Books(root)
    as_of = datetime.fromisoformat((GOLDEN / "as_of").read_text().strip()).replace(tzinfo=None)
    first, rest = by_records(GOLDEN / "landing", root / "portions", 2, seed=5)
    found: dict[str, Any] = {"books": books}
    land(first, books.landing)
    found["posted_first"] = books.run(FIRST_AS_OF)
    found["balances_first"] = books.rows(
        "select account, customer_id, currency, balance_minor from marts.ledger_balances where balance_minor <> 0"
    )
    found["files_first"] = books.files()
    found["posted_again"] = books.run(FIRST_AS_OF)
    found["closed_before"] = books.rows(BALANCES, FOREVER, CLOSED_UNTIL)
    land_record(books.landing, CLOSED_MONTH, "close", "Ada", datetime(2026, 9, 11, tzinfo=UTC))
    land(rest, books.landing)
    found["posted_in_vain"] = books.run(as_of, dies=True)
    found["files_in_vain"] = books.files()
    found["posted_rest"] = books.run(as_of)
    found["rows_rest"] = books.rows("from marts.ledger_entries"), books.rows("from marts.ledger_postings")
    shutil.rmtree(books.home.warehouses)
    found["posted_rebuilt"] = books.run(as_of)
    return found


def test_a_repeated_run_posts_nothing(seen: dict[str, Any]) -> None:
    assert seen["posted_first"] > 20
    assert seen["posted_again"] == 0


def test_two_portions_end_where_one_run_ends(seen: dict[str, Any], golden_ledger: Ledger) -> None:
    assert seen["posted_rest"] > 20
    assert seen["books"].rows(BALANCES, FOREVER, FOREVER) == set(
        golden_ledger.rows(
            "select account, customer_id, currency, balance_minor from marts.ledger_balances where balance_minor <> 0"
        )
    )


def test_a_run_that_dies_between_its_batch_and_its_publication_posted_nothing(seen: dict[str, Any]) -> None:
    books: Books = seen["books"]
    left_over = set(seen["files_in_vain"]) - set(seen["files_first"])
    assert len(left_over) == 2, "the run died before it had written its batch"
    assert not left_over & set(books.files())
    assert seen["posted_rest"] == seen["posted_in_vain"], "the next run posts the same: nothing twice, nothing missing"


def test_what_was_known_then_is_what_was_published_then(seen: dict[str, Any]) -> None:
    assert seen["books"].rows(BALANCES, FIRST_AS_OF, FOREVER) == seen["balances_first"]


def test_a_closed_month_stays_as_it_was_and_what_is_late_says_so(seen: dict[str, Any]) -> None:
    books: Books = seen["books"]
    assert seen["closed_before"], "nothing was posted for the closed month"
    assert books.rows(BALANCES, FOREVER, CLOSED_UNTIL) == seen["closed_before"]
    late = books.rows(
        "select effective_at, description from marts.ledger_entries where occurred_at < ? and recorded_at > ?",
        CLOSED_UNTIL, FIRST_AS_OF,
    )  # fmt: skip
    assert late, "nothing came late, so nothing was shown"
    assert {effective_at for effective_at, _ in late} == {CLOSED_UNTIL}
    assert all("which was closed)" in description for _, description in late)
    assert books.rows("select period_month::varchar, is_closed, decided_by from marts.ledger_periods") == {
        ("2026-08-01", True, "Ada")
    }


def test_a_warehouse_built_anew_finds_nothing_to_post_and_publishes_the_same_rows(seen: dict[str, Any]) -> None:
    books: Books = seen["books"]
    assert seen["posted_rebuilt"] == 0
    assert (books.rows("from marts.ledger_entries"), books.rows("from marts.ledger_postings")) == seen["rows_rest"]


def test_a_run_that_finds_the_ledger_and_no_current_ends_and_removes_nothing(seen: dict[str, Any]) -> None:
    home: Home = seen["books"].home
    kept = home.current_path.rename(home.root / "kept")
    before = {path for path in home.root.rglob("*") if not path.name.startswith("lock")}
    try:
        with pytest.raises(TieoutError, match=r"holds a posted ledger that .*CURRENT does not name"):
            seen["books"].run(FIRST_AS_OF)
        assert {path for path in home.root.rglob("*") if not path.name.startswith("lock")} == before
    finally:
        kept.rename(home.current_path)


def test_no_posted_file_ever_changed_and_the_chain_is_sound(seen: dict[str, Any]) -> None:
    books: Books = seen["books"]
    now = books.files()
    assert {name: now.get(name) for name in seen["files_first"]} == seen["files_first"]
    assert len(now) == 4
    assert verify(books.home).faults == ()


def test_the_snapshot_holds_no_copy_of_the_history(seen: dict[str, Any]) -> None:
    tables = seen["books"].rows(
        "select table_name from information_schema.tables where table_schema = 'marts' and table_type = 'VIEW'"
    )
    assert tables == {("ledger_entries",), ("ledger_postings",)}

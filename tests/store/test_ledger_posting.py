"""What a run appends: reversals of what no longer holds, what holds instead, and nothing else, ever."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.posting import Ledger
from tieout.store.ledger_verification import verify

DAY = {day: datetime(2026, 9, day) for day in range(1, 31)}
OCTOBER = datetime(2026, 10, 1)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "home")


def targets(ledger: Ledger, *wanted: tuple[str, int, datetime], is_accrual: bool = False) -> None:
    """Replaces the targets by (document, amount, instant); every document ever named is looked at."""
    ledger.connection.execute("insert into int_ledger_documents_touched select document_key from int_ledger_targets")
    ledger.connection.execute("delete from int_ledger_targets")
    for document, amount, instant in wanted:
        rule = "usage_rated" if is_accrual else "charge_succeeded"
        for account, sign in (("payments_clearing", 1), ("accounts_receivable", -1)):
            ledger.connection.execute(
                "insert into int_ledger_targets values (?, ?, ?, 'charge', ?, ?, ?, ?, ?, 'cus_1', null, ?, 'usd')",
                [f"{rule}:{document}", sum(document.encode()), rule, document, is_accrual, instant, f"Of {document}",
                 account, sign * amount],
            )  # fmt: skip


def journal(ledger: Ledger) -> list[tuple[str, int, str]]:
    """(entry, what it moves on payments_clearing, day it counts on), in the order of posting."""
    return ledger.rows("""
        select ledger_entries.entry_id, amount_minor, strftime(effective_at, '%m-%d')
        from ledger_entries join ledger_postings using (entry_number)
        where account = 'payments_clearing' order by entry_number
    """)


def test_what_is_posted_is_not_posted_again(ledger: Ledger) -> None:
    targets(ledger, ("ch_1", 100, DAY[1]))
    first = ledger.post(DAY[2])
    assert journal(ledger) == [("charge_succeeded:ch_1", 100, "09-01")]
    assert ledger.post(DAY[3]) is first, "a run with nothing to post leaves no batch"


def test_a_changed_document_is_reversed_at_its_date_and_posted_anew(ledger: Ledger) -> None:
    targets(ledger, ("ch_1", 100, DAY[1]), ("ch_2", 7, DAY[1]))
    ledger.post(DAY[2])
    targets(ledger, ("ch_1", 150, DAY[3]), ("ch_2", 7, DAY[1]))
    ledger.post(DAY[4])
    assert journal(ledger)[2:] == [
        ("reversal:charge_succeeded:ch_1", -100, "09-01"),
        ("charge_succeeded:ch_1#2", 150, "09-03"),
    ]
    assert ledger.rows(
        "select reverses_entry_id, recorded_at, rule from ledger_entries where reverses_entry_id > ''"
    ) == [("charge_succeeded:ch_1", DAY[4], "charge_succeeded")]


def test_a_moved_date_alone_is_a_change(ledger: Ledger) -> None:
    targets(ledger, ("ch_1", 100, DAY[1]))
    ledger.post(DAY[2])
    targets(ledger, ("ch_1", 100, DAY[2]))
    ledger.post(DAY[3])
    assert journal(ledger)[1:] == [
        ("reversal:charge_succeeded:ch_1", -100, "09-01"),
        ("charge_succeeded:ch_1#2", 100, "09-02"),
    ]


def test_a_document_that_is_gone_is_reversed_and_may_come_back(ledger: Ledger) -> None:
    targets(ledger, ("ch_1", 100, DAY[1]))
    ledger.post(DAY[2])
    targets(ledger)
    ledger.post(DAY[3])
    targets(ledger, ("ch_1", 100, DAY[1]))
    ledger.post(DAY[4])
    assert journal(ledger)[1:] == [
        ("reversal:charge_succeeded:ch_1", -100, "09-01"),
        ("charge_succeeded:ch_1#2", 100, "09-01"),
    ]


def test_a_document_that_nobody_looks_at_stays_as_it_is(ledger: Ledger) -> None:
    targets(ledger, ("ch_1", 100, DAY[1]))
    ledger.post(DAY[2])
    ledger.clear()
    targets(ledger, ("ch_2", 5, DAY[1]))
    ledger.post(DAY[3])
    assert [entry for entry, _, _ in journal(ledger)] == ["charge_succeeded:ch_1", "charge_succeeded:ch_2"]


def test_an_accrual_posts_what_it_grew_by_and_its_end_takes_all_back(ledger: Ledger) -> None:
    for day, amount in ((2, 100), (3, 100), (4, 130), (5, 120)):
        targets(ledger, ("si_1", amount, DAY[day]), is_accrual=True)
        ledger.post(DAY[day])
    assert journal(ledger) == [
        ("usage_rated:si_1", 100, "09-02"),
        ("usage_rated:si_1#2", 30, "09-04"),
        ("usage_rated:si_1#3", -10, "09-05"),
    ]
    targets(ledger)
    ledger.post(DAY[6])
    assert journal(ledger)[3:] == [
        ("reversal:usage_rated:si_1", -100, "09-02"),
        ("reversal:usage_rated:si_1#2", -30, "09-04"),
        ("reversal:usage_rated:si_1#3", 10, "09-05"),
    ]


def test_what_comes_late_for_a_closed_month_counts_in_the_first_open_one_and_says_so(ledger: Ledger) -> None:
    targets(ledger, ("ch_1", 100, DAY[1]), ("ch_2", 7, DAY[1]))
    ledger.post(OCTOBER)
    targets(ledger, ("ch_1", 150, DAY[1]), ("ch_2", 7, DAY[1]), ("ch_3", 9, DAY[30]))
    ledger.post(datetime(2026, 10, 5), open_from=OCTOBER)
    assert set(journal(ledger)[2:]) == {
        ("reversal:charge_succeeded:ch_1", -100, "10-01"),
        ("charge_succeeded:ch_1#2", 150, "10-01"),
        ("charge_succeeded:ch_3", 9, "10-01"),
    }
    [(description, occurred_at)] = ledger.rows(
        "select description, occurred_at from ledger_entries where entry_id = 'charge_succeeded:ch_3'"
    )
    assert (description, occurred_at) == ("Of ch_3 (of 2026-09-30, which was closed)", DAY[30])
    assert ledger.post(datetime(2026, 10, 6), open_from=OCTOBER).batches[-1].number == 2, "it is not posted twice"


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    runs=st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "c"]), st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=3),
        min_size=1,
        max_size=6,
    ),
    is_accrual=st.booleans(),
    closed_after=st.integers(1, 6),
)
def test_whatever_the_history_the_ledger_is_what_it_ought_to_be(
    tmp_path_factory: pytest.TempPathFactory,
    runs: list[dict[str, tuple[int, int]]],
    is_accrual: bool,
    closed_after: int,
) -> None:
    """After each run what stands is what was wanted, a closed month stays as it was, and the chain is sound."""
    ledger = Ledger(tmp_path_factory.mktemp("history") / "home")
    frozen: list[tuple[object, ...]] = []
    for number, wanted in enumerate(runs, 1):
        targets(ledger, *((name, amount, DAY[day]) for name, (amount, day) in wanted.items()), is_accrual=is_accrual)
        is_closed = number > closed_after
        ledger.post(datetime(2026, 10, number), open_from=OCTOBER if is_closed else None)
        stands = Counter(
            dict(
                ledger.rows("""
            select source_id, sum(amount_minor)::bigint from ledger_entries join ledger_postings using (entry_number)
            where account = 'payments_clearing' group by all having sum(amount_minor) <> 0
        """)
            )
        )
        assert stands == {name: amount for name, (amount, _) in wanted.items()}
        september = ledger.rows(
            "select account, sum(amount_minor) from ledger_entries join ledger_postings using (entry_number) "
            "where effective_at < ? group by all order by all", [OCTOBER],
        )  # fmt: skip
        if is_closed:
            assert september == frozen
        frozen = september
    assert verify(ledger.home).faults == ()

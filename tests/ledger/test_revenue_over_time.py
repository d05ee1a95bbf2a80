"""Revenue charged in advance, at any instant: what was deferred less what was released is what is still ahead."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.models import Models

pytestmark = pytest.mark.slow

BEGIN = datetime(2026, 1, 1)
SECONDS = st.integers(0, 500 * 86_400).map(lambda seconds: BEGIN + timedelta(seconds=seconds))
LENGTHS = st.one_of(st.integers(1, 90_000), st.sampled_from([28, 30, 31, 365, 366]).map(lambda days: days * 86_400))

Line = tuple[int, int, datetime, int, int]
LINES = st.tuples(
    st.integers(-(10**12), 10**12),
    st.integers(0, 10**6),
    SECONDS,
    LENGTHS,
    st.integers(-40 * 86_400, 40 * 86_400),
)


def released(line: Line, as_of: datetime) -> list[tuple[datetime, int]]:
    """Each release by the model: when it takes effect, and what leaves deferred revenue (debit)."""
    revenue, discount, start, length, later = line
    end = start + timedelta(seconds=length)
    with duckdb.connect() as connection:
        connection.execute("""
            create table stg_runs__parameters (as_of timestamp);
            create table int_ledger_lines (invoice_id text, customer_id text, currency text, price_id text, status text,
                is_deferred boolean, revenue_minor bigint, discount_minor bigint, period_start_at timestamp,
                period_end_at timestamp, finalized_at timestamp);
        """)
        connection.execute("insert into stg_runs__parameters values (?)", [as_of])
        connection.execute(
            "insert into int_ledger_lines values ('in_1', 'cus_1', 'usd', 'price_1', 'paid', true, ?, ?, ?, ?, ?)",
            [revenue, discount, start, end, start + timedelta(seconds=later)],
        )
        models = Models(connection, macro_files=("ledger.sql",))
        models.view("int_ledger_revenue_released")
        return connection.execute("""
            select effective_at, amount_minor from int_ledger_revenue_released where account = 'deferred_revenue'
        """).fetchall()


@settings(deadline=None, max_examples=150)
@given(line=LINES, as_of=SECONDS)
@example(line=(1000, 0, datetime(2026, 1, 31), 28 * 86_400, 3600), as_of=datetime(2026, 2, 1))
@example(line=(1000, 0, datetime(2026, 1, 25), 30 * 86_400, 10 * 86_400), as_of=datetime(2026, 1, 30))
def test_at_every_instant_what_has_passed_is_released_and_the_rest_is_not(line: Line, as_of: datetime) -> None:
    revenue, discount, start, length, _ = line
    passed = Fraction(max(min(int((as_of - start).total_seconds()), length), 0), length)
    found = released(line, as_of)
    assert sum(amount for _, amount in found) == int(revenue * passed) - int(discount * passed)
    assert all(effective_at < as_of for effective_at, _ in found)
    assert len({effective_at for effective_at, _ in found}) == len(found), "one release a month"

"""What is one departure and what none: the system's own series, services that ended, meters that are rarely used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tests.insights.system import DAYS, FIRST, Used, anomalies, system

TENTH = FIRST + timedelta(days=40)


def even(random: Random, level: float = 1000) -> list[float]:
    return [round(level * random.uniform(0.9, 1.1)) for _ in range(DAYS)]


def many(count: int, meter: str = "tokens", silent: range = range(0), **fields: Any) -> list[Used]:
    """Customers alike, of whom those in `silent` stop on the fortieth day."""
    random = Random(3)
    used = []
    for number in range(count):
        series = even(random)
        if number in silent:
            series[40:] = [0] * (DAYS - 40)
        used.append(Used(f"cus_{number:03}", meter, series, **fields))
    return used


def of_the_system(rows: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [(r["metric"], r["subject"], r["shape"], str(r["day"])) for r in rows if r["customer_id"] is None]


def test_a_gap_over_all_customers_is_one_row_of_the_meter_and_none_of_each_customer():
    rows = anomalies(system([*many(40, silent=range(40)), *many(3, "seats")]))
    assert [(r["metric"], r["meter"], r["shape"], r["day"], r["is_ongoing"]) for r in rows] == [
        ("meter_usage", "tokens", "silence", TENTH, True)
    ]
    assert rows[0]["explanation"] == (
        f"All customers together used 0 of tokens on {TENTH}, where {int(rows[0]['expected'])} were expected from the "
        "days before, and has not come back in 20 days."
    )


def test_customers_who_fall_silent_together_are_told_one_by_one_unless_they_are_nearly_all():
    rows = anomalies(system(many(40, silent=range(30))))
    assert sorted(r["customer_id"] for r in rows if r["metric"] == "usage") == [f"cus_{n:03}" for n in range(30)]
    rows = anomalies(system(many(40, silent=range(32))))
    assert [(r["metric"], r["direction"]) for r in rows] == [("meter_usage", "down")]


def test_a_sentence_names_the_customer_the_figures_and_how_long_it_lasts():
    (one,) = many(1)
    series = list(one.quantities)
    series[40] = 7000
    rows = anomalies(
        system([Used("cus_000", "tokens", series)], setup="insert into customers values ('cus_000', 'Acme')")
    )
    row = next(r for r in rows if r["metric"] == "usage")
    assert row["explanation"] == (
        f"Acme used 7000 of tokens on {TENTH}, where {int(row['expected'])} were expected from the days before."
    )
    assert (row["shape"], row["direction"], row["unit"], row["observed"]) == ("spike", "up", "units", 7000)
    assert (row["day"], row["last_day"], row["days"], row["is_ongoing"]) == (TENTH, TENTH, 1, False)
    assert 900 < row["expected"] < 1100


@pytest.mark.parametrize(("ended_at", "rows_found"), [(str(TENTH), 0), ("9999-12-31", 1)])
def test_usage_that_ends_with_the_service_is_no_silence(ended_at, rows_found):
    service = f"""
    insert into int_subscription_item_states values ('sub', 1, 'cus_000', 'tokens', 'metered', '9999-12-31');
    insert into int_subscription_states values ('sub', 1, '{ended_at}')"""
    rows = anomalies(system(many(1, silent=range(1)), setup=service))
    assert len([r for r in rows if r["metric"] == "usage"]) == rows_found


def test_of_a_rarely_used_meter_days_of_use_are_compared_with_each_other():
    random = Random(5)
    series = [round(100 * random.uniform(0.8, 1.2)) if day % 3 == 0 else 0 for day in range(DAYS)]
    assert anomalies(system([Used("cus", "exports", series)])) == []
    series[42] = 1000
    rows = [r for r in anomalies(system([Used("cus", "exports", series)])) if r["metric"] == "usage"]
    assert [(r["direction"], r["day"]) for r in rows] == [("up", FIRST + timedelta(days=42))]


def rare(random: Random, is_used: Callable[[int], bool]) -> list[float]:
    return [round(100 * random.uniform(0.8, 1.2)) if is_used(day) else 0 for day in range(DAYS)]


def silences(*series: list[float]) -> list[tuple[int, int, bool]]:
    """First and last day, counted from the first of all, and whether it lasts, of each silence of a customer."""
    used = [Used(f"cus_{number}", "exports", one) for number, one in enumerate(series)]
    rows = [row for row in anomalies(system(used)) if row["metric"] == "usage"]
    assert {row["shape"] for row in rows} <= {"silence"}
    return [((row["day"] - FIRST).days, (row["last_day"] - FIRST).days, row["is_ongoing"]) for row in rows]


def test_a_rarely_used_meter_is_silent_when_it_is_so_for_twice_as_long_as_ever():
    series = rare(Random(5), lambda day: day % 3 == 0 and day <= 30)
    assert silences(series) == [(33, DAYS - 1, True)]
    series[40] = 100
    assert silences(series)[0] == (33, 39, False)
    series[35] = 100
    assert silences(series) == [(45, DAYS - 1, True)]  # gaps of five days are not twice three, and usual then


def test_gaps_that_chance_makes_are_no_silence():
    random = Random(5)
    assert silences(*(rare(random, lambda day: random.random() < 0.4) for _ in range(20))) == []
    assert len(silences(*(rare(random, lambda day: random.random() < 0.4 and day < 30) for _ in range(20)))) >= 10


def test_a_customer_who_has_just_begun_is_not_judged():
    random = Random(5)
    series = [0] * 50 + [10, 10, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000]
    rows = anomalies(system([*many(20), Used("new", "tokens", series), Used("old", "tokens", even(random))]))
    assert rows == []


def test_few_events_that_come_by_chance_are_no_drop():
    """Six events a day make a day with one or two of them now and then."""
    random = Random(11)
    used = []
    for number in range(60):
        counts = [sum(random.random() < 0.06 for _ in range(100)) for _ in range(DAYS)]
        for count in sorted(set(counts)):
            series = [float(n) if n == count else 0 for n in counts]
            used.append(Used(f"cus_{number}", "calls", series, events=max(count, 1)))
    rows = anomalies(system(used))
    assert len(rows) * 1000 < 60 * DAYS


def test_usage_that_arrives_late_for_most_customers_is_an_anomaly_of_the_metering():
    late = {40: 20_000, 41: 20_000}
    rows = anomalies(system(many(6, lag_seconds=late)))
    assert of_the_system(rows) == [("metering_lag", "tokens", "spike", str(TENTH))]
    assert rows[0]["unit"] == "seconds"
    assert rows[0]["explanation"] == (
        f"Usage of tokens arrived 5.5 h late on {TENTH}, where 20 s were expected from the days before, "
        "and came back after 2 days."
    )
    assert anomalies(system(many(6, lag_seconds={40: 800, 41: 800}))) == []  # nobody would notice
    one_late = [*many(5), Used("late", "tokens", even(Random(4)), lag_seconds=late)]
    assert anomalies(system(one_late)) == []


def test_failing_payments_and_refunds_are_anomalies_when_there_are_more_of_them():
    setup = f"""
    insert into int_charges_current
    select 'ch_' || day || '_' || n, 'cus', 'failed', 'usd', date '{FIRST}' + day::integer
    from range({DAYS}) as d (day), range(if(day = 40, 30, 3)) as t (n);
    insert into int_refunds_current
    select 're_' || day, 'ch_' || day || '_0', 'succeeded', 'jpy', if(day = 45, 90000, 5000 + day % 3 * 200),
        date '{FIRST}' + day::integer
    from range({DAYS}) as d (day)"""
    rows = anomalies(system(setup=setup))
    assert of_the_system(rows) == [
        ("failed_payments", "usd", "spike", str(TENTH)),
        ("refunds", "jpy", "spike", str(FIRST + timedelta(days=45))),
    ]
    assert rows[0]["explanation"].startswith(f"30 payments in USD failed on {TENTH}, where 3 were expected")
    assert rows[1]["explanation"].startswith("Refunds came to JPY 90,000 on ")
    assert rows[1]["unit"] == "minor jpy"


def test_revenue_of_a_plan_is_compared_with_the_month_before():
    """Renewals on the first of each month are none; one month at a quarter of it is."""
    setup = """
    insert into int_prices_current values ('price_pro', 'Pro', 'recurring');
    insert into int_invoices_current
    select 'in_' || n, 'cus_' || n, 'paid', 'usd',
        date '2026-06-01' + (n // 20)::integer
    from range(20 * 153) as t (n);
    insert into int_invoice_lines_current
    select 'in_' || n, 'price_pro',
        case
            when day(date '2026-06-01' + (n // 20)::integer) = 1 then 40000
            when n // 20 in (130, 131, 132) then 100
            else 1000 + n % 7
        end,
        false
    from range(20 * 153) as t (n)"""
    rows = anomalies(system(setup=setup))
    assert of_the_system(rows) == [("plan_revenue", "price_pro usd", "new_level", "2026-10-09")]
    assert rows[0]["direction"] == "down"
    assert "Invoices for Pro USD came to USD 20.00 on 2026-10-09" in rows[0]["explanation"]


def test_the_settings_say_how_much_how_often_and_how_far_back():
    (one,) = many(1)
    series = list(one.quantities)
    series[40] = 2800
    used = [Used("cus_000", "tokens", series)]
    assert len(anomalies(system(used))) == 1
    assert anomalies(system(used, anomaly_change_min=4)) == []
    assert anomalies(system(used, anomaly_score_min_tenths=200)) == []
    assert anomalies(system(used, days=15)) == []


def test_the_order_of_the_rows_changes_nothing():
    used = [*many(20, silent=range(3)), *many(20, "seats")]
    shuffled = list(used)
    Random(1).shuffle(shuffled)
    rows = anomalies(system(used))
    assert len(rows) >= 3
    assert anomalies(system(shuffled)) == rows

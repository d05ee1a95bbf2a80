"""What was planted is found within two days, and little else: by kind, over series of several forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from tests.insights.system import DAYS, FIRST, Used, anomalies, system
from tieout.store.home import Home
from tieout.store.snapshots import open_snapshot

PLANTED = 25
QUIET_DAYS = 10
FOUND_MIN = 0.9
Series = list[float]


def weekend(day: int) -> bool:
    return (FIRST + timedelta(days=day)).weekday() >= 5


def even(random: Random, day: int, level: float) -> float:
    return round(level * random.lognormvariate(0, 0.12))


def scattered(random: Random, day: int, level: float) -> float:
    return round(level * random.lognormvariate(0, 0.2))


def weekly(random: Random, day: int, level: float) -> float:
    return even(random, day, level) * (0.3 if weekend(day) else 1)


def hardly_at_weekends(random: Random, day: int, level: float) -> float:
    return even(random, day, level) * (0.1 if weekend(day) else 1)


def worked(random: Random, day: int, level: float) -> float:
    return 0 if weekend(day) else even(random, day, level)


def grown(random: Random, day: int, level: float) -> float:
    return even(random, day, level) * 1.02**day


FORMS: tuple[Callable[[Random, int, float], float], ...] = (even, scattered, weekly, hardly_at_weekends, worked, grown)

#: What is planted, from a day on and for so many days: what each has of what it would have had.
PLANTS: dict[str, tuple[str, Callable[[Random], float], int]] = {
    "spike": ("up", lambda random: random.uniform(3, 8), 1),
    "drop": ("down", lambda random: random.uniform(0.1, 1 / 3), 1),
    "silence": ("down", lambda random: 0.0, DAYS),
    "higher level": ("up", lambda random: random.uniform(3, 5), DAYS),
    "lower level": ("down", lambda random: random.uniform(0.2, 1 / 3), DAYS),
}


@dataclass(frozen=True)
class Plant:
    customer: str
    meter: str
    kind: str
    day: date
    direction: str


@dataclass(frozen=True)
class Found:
    plants: list[Plant]
    quiet: dict[str, int]
    rows: list[dict[str, Any]]


@pytest.fixture(scope="module")
def found() -> Found:
    """Of each kind 25 customers with the six forms in turn, beside 400 with nothing planted."""
    random = Random(7)
    used, plants, quiet = [], [], {}
    for kind, (direction, factor, lasting) in PLANTS.items():
        for number in range(PLANTED):
            form = FORMS[number % len(FORMS)]
            series = made(random, form)
            day = random.choice([day for day in range(QUIET_DAYS, DAYS - 2) if series[day] > 0])
            part = factor(random)
            series[day : day + lasting] = [round(value * part) for value in series[day : day + lasting]]
            plant = Plant(f"{kind} {number}", form.__name__, kind, FIRST + timedelta(days=day), direction)
            plants.append(plant)
            used.append(Used(plant.customer, plant.meter, series))
    for number in range(400):
        form = FORMS[number % len(FORMS)]
        used.append(Used(f"quiet {number}", form.__name__, made(random, form)))
        quiet[f"quiet {number}"] = DAYS
    random.shuffle(used)
    return Found(plants, quiet, anomalies(system(used)))


def made(random: Random, form: Callable[[Random, int, float], float]) -> Series:
    level = 10 ** random.uniform(1.8, 5)
    return [form(random, day, level) for day in range(DAYS)]


def is_found(plant: Plant, rows: list[dict[str, Any]]) -> bool:
    return any(
        (row["customer_id"], row["meter"], row["direction"]) == (plant.customer, plant.meter, plant.direction)
        and abs((row["day"] - plant.day).days) <= 2
        for row in rows
    )


@pytest.mark.parametrize("kind", PLANTS)
def test_of_every_kind_nine_of_ten_are_found_within_two_days(found, kind):
    plants = [plant for plant in found.plants if plant.kind == kind]
    missed = [plant for plant in plants if not is_found(plant, found.rows)]
    assert len(plants) == PLANTED
    assert len(plants) - len(missed) >= FOUND_MIN * len(plants), missed


def test_where_nothing_was_planted_fewer_than_one_day_in_a_thousand_shows(found):
    shown = [row for row in found.rows if row["customer_id"] in found.quiet]
    assert len(shown) * 1000 < sum(found.quiet.values()), shown


def test_silences_and_levels_are_called_so_and_last(found):
    by_customer = {row["customer_id"]: row for row in found.rows if row["customer_id"]}
    for kind, shape in (("silence", "silence"), ("higher level", "new_level"), ("lower level", "new_level")):
        rows = [by_customer[plant.customer] for plant in found.plants if plant.kind == kind]
        named = [row for row in rows if row["shape"] == shape and row["is_ongoing"]]
        assert len(named) >= FOUND_MIN * PLANTED


def test_a_clean_company_shows_fewer_than_one_customer_meter_day_in_a_thousand(tiny_home: Home):
    with open_snapshot(tiny_home) as snapshot:
        (days,) = snapshot.rows(
            "select sum(days)::bigint as days from (select max(usage_date) - min(usage_date) + 1 as days "
            "from marts.usage_daily group by customer_id, meter)"
        )
        shown = snapshot.rows("select metric, customer_id, meter, day, explanation from marts.anomalies")
    assert len(shown) * 1000 < days["days"], shown

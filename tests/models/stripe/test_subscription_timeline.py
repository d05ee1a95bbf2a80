"""The timeline of a subscription: consecutive versions from events in any order, and what only a listing shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.models.stripe.landed import START, Landings, Line, at, event, subscription

Version = tuple[str, int | None, datetime, datetime | None, bool]

CREATED, UPDATED, DELETED = (f"customer.subscription.{kind}" for kind in ("created", "updated", "deleted"))
ENDED = {"status": "canceled", "canceled_at": START + 40, "ended_at": START + 50}

# name: what landed, and the versions that come out as (status, quantity, valid from, valid to, start is known)
CASES: dict[str, tuple[list[Line], list[Any]]] = {
    "consecutive": (
        [
            event(DELETED, 50, subscription(quantity=2, **ENDED)),
            event(UPDATED, 20, subscription(quantity=2)),
            event(CREATED, 0, subscription()),
            subscription(quantity=2, **ENDED),
        ],
        [("active", 1, 0, 20, True), ("active", 2, 20, 50, True), ("canceled", 2, 50, None, True)],
    ),
    "delivered_twice": (
        [event(CREATED, 0, subscription()), event(CREATED, 0, subscription()), subscription()],
        [("active", 1, 0, None, True)],
    ),
    "one_second": (
        [
            event(UPDATED, 20, subscription(status="past_due")),
            event(UPDATED, 20, subscription(status="active", trial_end=START + 20), 1),
            event(CREATED, 20, subscription(status="trialing", trial_end=START + 20)),
        ],
        [("trialing", 1, 20, 20, True), ("active", 1, 20, 20, True), ("past_due", 1, 20, None, True)],
    ),
    "two_changes_in_one_second": (
        [
            event(UPDATED, 20, subscription(quantity=9), 1, {"items": subscription(quantity=1)["items"]}),
            event(UPDATED, 20, subscription(quantity=4), 2, {"items": subscription(quantity=9)["items"]}),
        ],
        [("active", 9, 20, 20, True), ("active", 4, 20, None, True)],
    ),
    "what_the_first_event_changed_was_there_before": (
        [
            event("customer.created", -100, {"id": "cus_1", "object": "customer"}),
            event(
                UPDATED,
                20,
                subscription(quantity=2, trial_end=START + 20),
                previous={"items": subscription()["items"], "status": "trialing", "trial_end": None},
            ),
        ],
        [("trialing", 1, 0, 20, True), ("active", 2, 20, None, True)],
    ),
    "before_the_reach_of_events_nothing_is_told": (
        [
            event("customer.created", 5, {"id": "cus_1", "object": "customer"}),
            event(UPDATED, 20, subscription(quantity=2), previous={"quantity": 7}),
        ],
        [("active", 7, 5, 20, True), ("active", 2, 20, None, True)],
    ),
    "an_update_that_names_nothing_before_it": (
        [
            event("customer.created", -100, {"id": "cus_1", "object": "customer"}),
            event(UPDATED, 20, subscription(quantity=2)),
        ],
        [("active", 2, 20, None, True)],
    ),
    "without_events": ([subscription(quantity=3)], [("active", 3, 0, None, True)]),
    "end_never_told": (
        [event(CREATED, 0, subscription()), subscription(**ENDED)],
        [("active", 1, 0, 50, True), ("canceled", 1, 50, None, True)],
    ),
    "trial_end_never_told": (
        [
            event(CREATED, 0, subscription(status="trialing", trial_end=START + 70)),
            subscription(status="active", trial_end=START + 70),
        ],
        [("trialing", 1, 0, 70, True), ("active", 1, 70, None, True)],
    ),
    "change_never_told": (
        [event(CREATED, 10, subscription()), subscription(quantity=9)],
        [("active", 1, 10, 10, True), ("active", 9, 10, None, False)],
    ),
    "listing_behind": (
        [
            event(CREATED, 0, subscription()),
            event(UPDATED, 20, subscription(quantity=2)),
            subscription(),
        ],
        [("active", 1, 0, 20, True), ("active", 2, 20, None, True)],
    ),
    "discount_that_ended": (
        [
            event(
                CREATED, 0, subscription(discounts=[{"id": "di_1", "coupon": "C", "start": START, "end": START + 5}])
            ),
            subscription(discounts=[]),
        ],
        [("active", 1, 0, None, True)],
    ),
    "other_events_are_no_change": (
        [
            event(CREATED, 0, subscription()),
            event("customer.subscription.trial_will_end", 5, subscription(status="trialing")),
            subscription(),
        ],
        [("active", 1, 0, None, True)],
    ),
}


@pytest.fixture(scope="module")
def landings() -> Landings:
    return Landings({name: [[line] for line in lines] for name, (lines, _) in CASES.items()})


@pytest.mark.parametrize("name", CASES)
def test_versions_follow_each_other(name: str, landings: Landings) -> None:
    models = landings.models(name, ["int_subscriptions_current", "int_subscription_versions"])
    rows = models.connection.execute(
        "select status, cast(items[1].quantity as integer), valid_from, valid_to, is_start_known "
        "from int_subscription_versions order by version_number"
    ).fetchall()
    wanted: list[Version] = [
        (status, quantity, at(start), None if end is None else at(end), known)
        for status, quantity, start, end, known in CASES[name][1]
    ]
    assert rows == wanted


@pytest.mark.parametrize(
    ("name", "known_from"),
    [
        ("consecutive", None),
        ("without_events", None),
        ("what_the_first_event_changed_was_there_before", 0),
        ("before_the_reach_of_events_nothing_is_told", 5),
        ("an_update_that_names_nothing_before_it", 20),
    ],
)
def test_from_when_on_the_history_is_known(name: str, known_from: int | None, landings: Landings) -> None:
    rows = (
        landings.models(name, ["int_subscription_versions"])
        .connection.execute("select distinct history_known_from from int_subscription_versions")
        .fetchall()
    )
    assert rows == [(None if known_from is None else at(known_from),)]

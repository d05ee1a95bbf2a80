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

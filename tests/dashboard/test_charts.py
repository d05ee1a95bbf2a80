"""The marks of the charts stand where the tables say, on the days they say, wherever the visitor's clock is."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from app.dashboard.charts import major
from tests.dashboard.browser import Visitor

pytestmark = pytest.mark.browser


def bars(visitor: Visitor) -> list[dict[str, str]]:
    """What every bar of the page says to who cannot see it: the names of its values, and their text."""
    found = visitor.page.locator('svg.marks [aria-roledescription="bar"]')
    found.first.wait_for()
    labels = [str(bar.get_attribute("aria-label")) for bar in found.all()]
    return [dict(part.split(": ", 1) for part in label.split("; ")) for label in labels]


def amount(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("\N{MINUS SIGN}", "-"))


@pytest.mark.parametrize("timezone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_usage_stands_on_its_own_day(timezone, visit, shown_address, shown_snapshot, story):
    visitor = visit(shown_address, timezone=timezone)
    visitor.open(f"customer?customer={story['customer_id']}", story["name"])
    rows = shown_snapshot.rows(
        "select usage_date, quantity from marts.usage_daily where quantity > 0 and customer_id = $1 and meter = "
        "(select min(meter) from marts.usage_daily where customer_id = $1) order by usage_date",
        [story["customer_id"]],
    )
    shown = [(bar["day"], amount(bar["quantity"])) for bar in bars(visitor)]
    assert shown == [(f"{row['usage_date']:%b %d}", row["quantity"]) for row in rows]


def test_money_at_risk_is_that_of_the_kinds(visit, shown_address, shown_snapshot):
    visitor = visit(shown_address)
    visitor.open("?currency=usd", "Overview")
    rows = shown_snapshot.rows(
        "select kind, impact_minor > 0 as is_leak, sum(impact_minor)::bigint as minor from marts.discrepancies "
        "where status = 'open' and currency = 'usd' and impact_minor <> 0 group by all"
    )
    told = {(r["kind"].replace("_", " "), "leaked" if r["is_leak"] else "overcharged"): r["minor"] for r in rows}
    shown = {(bar["kind"], bar["side"]): amount(bar["USD"]) for bar in bars(visitor)}
    assert shown == {place: major(minor, "usd") for place, minor in told.items()}


def test_anomalies_stand_on_the_day_on_which_they_began(visit, shown_address, shown_snapshot):
    visitor = visit(shown_address, timezone="America/Los_Angeles")
    visitor.open("anomalies", "Anomalies")
    rows = shown_snapshot.rows("select day, shape from marts.anomalies")
    shown = Counter({(bar["day"], bar["shape"]): int(bar["anomalies"]) for bar in bars(visitor)})
    assert shown == Counter((f"{row['day']:%b %d}", row["shape"].replace("_", " ")) for row in rows)


def test_what_failed_and_what_became_of_it_is_that_of_the_recovery(visit, shown_address, shown_snapshot):
    visitor = visit(shown_address)
    visitor.open("payments?paid_in=usd", "Payments and recovery")
    rows = shown_snapshot.rows(
        "select state, sum(amount_minor)::bigint as minor from marts.payment_recovery where currency = 'usd' group by 1"
    )
    shown = [amount(bar["USD"]) for bar in bars(visitor)]
    by_state = {row["state"]: row["minor"] for row in rows}
    steps = [sum(by_state.values()), *(by_state[s] for s in ("recovered", "recovering", "stalled", "lost"))]
    assert shown == [major(minor, "usd") for minor in steps]


def test_credits_used_are_those_of_their_day(visit, shown_address, shown_snapshot):
    visitor = visit(shown_address, timezone="America/Los_Angeles")
    visitor.open("credits?credit_in=usd", "Credits and burn-down")
    rows = shown_snapshot.rows(
        "select applied_at::date as day, category, sum(amount_minor)::bigint as minor from marts.credit_applications "
        "where currency = 'usd' group by all"
    )
    shown = {(bar["day"], bar["category"]): amount(bar["USD"]) for bar in bars(visitor)}
    assert shown == {(f"{row['day']:%b %d}", row["category"]): major(row["minor"], "usd") for row in rows}

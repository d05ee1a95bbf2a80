"""The overview leads: to the largest leak and what to do about it, and to each page that has something to tell."""

import pytest

from tieout.core.money import format_money

pytestmark = pytest.mark.browser


@pytest.fixture
def leak(shown_snapshot):
    """The largest leak in the currency that the overview shows first: the one with the most findings."""
    return shown_snapshot.rows(
        "select d.*, c.name from marts.discrepancies as d left join marts.customers as c using (customer_id) "
        "where status = 'open' and impact_minor > 0 and d.currency = ("
        "    select currency from marts.discrepancies where status = 'open' and impact_minor is not null "
        "    group by currency order by count(*) desc, currency limit 1"
        ") order by impact_minor desc, discrepancy_id limit 1"
    )[0]


def test_the_largest_leak_is_at_the_top_and_one_click_from_its_cause(visit, shown_address, leak):
    visitor = visit(shown_address)
    amount = format_money(leak["impact_minor"], leak["currency"])
    page = visitor.open("", f"The largest leak: {amount} at {leak['name']}")
    assert page.get_by_text(leak["explanation"]).first.is_visible()
    page.get_by_test_id("stPageLink").filter(has_text="See its cause").click()
    visitor.await_heading(leak["kind"].replace("_", " ").capitalize())
    assert f"discrepancy={leak['discrepancy_id']}" in page.url
    assert visitor.metrics()["Leaked"] == amount
    assert page.get_by_text(leak["remedy"]).is_visible()


@pytest.mark.parametrize(
    ("query", "words", "heading"),
    [
        ("anomalies where is_ongoing", "still last", "Anomalies"),
        ("payment_recovery where state in ('stalled', 'lost')", "stalled or lost", "Payments and recovery"),
        ("tie_outs where scope = 'all' and difference_minor <> 0", "from Stripe", "Ledger"),
    ],
)
def test_what_is_worth_a_look_is_counted_and_linked(visit, shown_address, shown_snapshot, query, words, heading):
    count = shown_snapshot.rows(f"select count(*) as n from marts.{query}")[0]["n"]
    assert count
    visitor = visit(shown_address)
    page = visitor.open("", "Overview")
    link = page.get_by_test_id("stPageLink").filter(has_text=words)
    assert f"{count:,} " in link.inner_text()
    link.click()
    visitor.await_heading(heading)


def test_what_has_no_figure_is_counted_and_listed_with_a_click(visit, shown_address, shown_snapshot):
    rows = shown_snapshot.rows("select kind from marts.discrepancies where status = 'open' and impact_minor is null")
    assert rows
    visitor = visit(shown_address)
    page = visitor.open("", "Overview")
    page.get_by_test_id("stPageLink").filter(has_text=f"{len(rows)} of them without a figure").click()
    visitor.await_heading("Discrepancies")
    listed = visitor.cells("Discrepancies that match")
    kind = listed[0].index("Kind")
    assert sorted(row[kind] for row in listed[1:]) == sorted(row["kind"].replace("_", " ") for row in rows)

"""The workbench for discrepancies: narrowed, added up, aged; and one opened, with its history and consequences."""

import json

import pytest

from tieout.core.money import format_money

pytestmark = pytest.mark.browser

LISTED = "Discrepancies that match the filters"


def sums(rows) -> tuple[int, int]:
    """Leaked and overcharged, both above 0."""
    impacts = [row["impact_minor"] or 0 for row in rows]
    return sum(impact for impact in impacts if impact > 0), -sum(impact for impact in impacts if impact < 0)


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("kind=payout+mismatch", "kind = 'payout_mismatch'"),
        ("money=overcharged", "impact_minor < 0"),
        ("money=no+figure", "coalesce(impact_minor, 0) = 0"),
        ("stage=preventable", "stage = 'preventable'"),
        ("severity=critical&money=leaked", "severity = 'critical' and impact_minor > 0"),
    ],
)
def test_filters_in_the_address_narrow_the_list(visit, shown_address, shown_snapshot, address, where):
    rows = shown_snapshot.rows(f"select * from marts.discrepancies where status = 'open' and {where}")
    visitor = visit(shown_address)
    page = visitor.open(f"discrepancies?{address}", "Discrepancies")
    words = "discrepancy matches" if len(rows) == 1 else "discrepancies match"
    if not rows:
        page.get_by_text("No discrepancy matches the filters.").wait_for()
        return
    page.get_by_text(f"{len(rows)} {words}.").wait_for()
    shown = {row[4] for row in visitor.cells(LISTED)[1:]}
    assert shown <= {row["explanation"] for row in rows}
    assert shown


def test_it_adds_up_by_kind_and_by_customer(visit, shown_address, shown_snapshot):
    visitor = visit(shown_address)
    page = visitor.open("discrepancies", "Discrepancies")
    rows = shown_snapshot.rows(
        "select d.*, c.name from marts.discrepancies as d left join marts.customers as c using (customer_id) "
        "where status = 'open'"
    )
    for kind, leaked, over, count in visitor.cells("by kind and currency")[1:]:
        of_kind = [row for row in rows if row["kind"].replace("_", " ") == kind]
        currency = of_kind[0]["currency"]
        expected = [format_money(amount, currency) if amount else "–" for amount in sums(of_kind)]
        assert [leaked, over, count] == [*expected, str(len(of_kind))]
    page.get_by_role("radio", name="Customer").click()
    visitor.table("by customer and currency").wait_for()
    visitor.settle()
    assert "group=Customer" in page.url
    names = {row["name"] or row["customer_id"] or "no customer" for row in rows}
    about = "by customer and currency"
    visitor.await_true("customers are listed", lambda: {row[0] for row in visitor.cells(about)[1:]} <= names)


def test_the_most_money_is_of_one_currency_the_one_with_the_most_matches(visit, shown_address, shown_snapshot):
    rows = shown_snapshot.rows(
        "select * from marts.discrepancies where status = 'open' and impact_minor is not null and currency = ("
        "    select currency from marts.discrepancies where status = 'open' and impact_minor is not null "
        "    group by currency order by count(*) desc, currency limit 1"
        ") order by abs(impact_minor) desc"
    )
    visitor = visit(shown_address)
    visitor.open("discrepancies", "Discrepancies")
    listed = visitor.cells(LISTED)[1 : len(rows) + 1]
    amounts = [format_money(abs(row["impact_minor"]), row["currency"]) for row in rows[: len(listed)]]
    assert [leaked if leaked != "–" else over for _, leaked, over, *_ in listed] == amounts
    added_up = visitor.cells("by kind and currency")[1]
    assert any(cell.startswith(rows[0]["currency"].upper()) for cell in added_up)


def test_the_ages_hold_all_of_the_money(visit, shown_address, shown_snapshot):
    visitor = visit(shown_address)
    page = visitor.open("discrepancies?ageing=usd", "Discrepancies")
    bars = page.locator('[aria-roledescription="bar"]')
    bars.first.wait_for()
    drawn = [bar.get_attribute("aria-label") or "" for bar in bars.all()]
    rows = shown_snapshot.rows(
        "select * from marts.discrepancies where status = 'open' and currency = 'usd' and impact_minor is not null"
    )
    values = [float(label.split("USD: ")[1].split(";")[0].replace(",", "").replace("−", "-")) for label in drawn]
    assert sum(values) == pytest.approx(sum(row["impact_minor"] for row in rows) / 100, abs=0.05)


def test_a_missing_invoice_leads_to_the_expected_one(visit, shown_address, shown_snapshot):
    visitor = visit(shown_address)
    [found] = shown_snapshot.rows("select * from marts.discrepancies where kind = 'invoice_missing' limit 1")
    page = visitor.open(f"discrepancies?discrepancy={found['discrepancy_id']}", "Invoice missing")
    assert {row[1] for row in visitor.cells("What follows from the discrepancy")[1:]} == {"the invoice as expected"}
    page.get_by_test_id("stPageLink").filter(has_text="The invoice as expected").click()
    visitor.await_heading("Expected, and Stripe has none")
    assert f"invoice={json.loads(found['evidence'])['expected_invoice_id']}" in page.url


def test_one_shows_what_follows_from_it_its_evidence_and_its_history(visit, shown_address, shown_snapshot, story):
    visitor = visit(shown_address)
    page = visitor.open(f"discrepancies?discrepancy={story['discrepancy_id']}", "Quantity mismatch")
    shown = visitor.cells("What follows from the discrepancy")[1:]
    assert [row[1:] for row in shown] == [
        [found["id"], format_money(found["minor"], story["currency"])]
        for found in json.loads(story["evidence"])["consequences"]
    ]
    assert page.get_by_text(f"First seen {story['first_seen_at']:%Y-%m-%d %H:%M} UTC").is_visible()
    [run] = visitor.cells("in the runs whose snapshots are kept")[1:]
    assert run[0] == f"{shown_snapshot.as_of:%Y-%m-%d %H:%M} UTC"
    assert run[2:] == ["open", "billed", format_money(story["impact_minor"], story["currency"])]

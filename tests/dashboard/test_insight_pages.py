"""Anomalies, usage and limits: lists, the one that is opened, links, and figures equal to the tables."""

import pytest

from app.dashboard.widgets import money, number, period
from tests.dashboard.browser import shown_amount
from tieout.core.money import format_money

pytestmark = pytest.mark.browser


class TestAnomalies:
    LISTED = "Anomalies that match the filters"

    def test_the_list_has_every_anomaly_the_newest_first(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        page = visitor.open("anomalies", "Anomalies")
        rows = shown_snapshot.rows("select * from marts.anomalies order by day desc, score desc, anomaly_id")
        assert page.get_by_text(f"{len(rows)} anomalies, the newest first.").is_visible()
        listed = visitor.cells(self.LISTED)[1:]
        assert [row[0] for row in listed] == [str(row["day"]) for row in rows[: len(listed)]]
        assert [row[4] for row in listed] == [row["explanation"] for row in rows[: len(listed)]]

    def test_a_ticked_one_shows_what_was_expected_its_series_and_leads_to_the_customer(
        self, visit, shown_address, shown_snapshot
    ):
        visitor = visit(shown_address)
        row = shown_snapshot.rows("select * from marts.anomalies where anomaly_id = 'ano_spike'")[0]
        page = visitor.open(f"anomalies?whose={row['customer_id']}&shape=spike", "Anomalies")
        days = [cells[0] for cells in visitor.cells(self.LISTED)[1:]]
        visitor.tick(self.LISTED, days.index(str(row["day"])))
        page.locator("strong").filter(has_text=row["explanation"]).wait_for()
        page.locator("svg.marks").first.wait_for()
        assert "anomaly=ano_spike" in page.url
        figures = visitor.metrics()
        assert figures["Score"] == "8.4"
        assert shown_amount(figures["Observed"]) == pytest.approx(float(row["observed"]), abs=0.06)
        assert shown_amount(figures["Expected"]) == pytest.approx(float(row["expected"]), abs=0.06)
        page.get_by_test_id("stPageLink").filter(has_text="Customer ").click()
        visitor.await_heading(row["customer_name"])
        assert f"customer={row['customer_id']}" in page.url

    def test_one_of_the_whole_system_is_shown_as_money_and_its_address_can_be_shared(self, visit, shown_address):
        visitor = visit(shown_address)
        page = visitor.open("anomalies?anomaly=ano_level", "New level of price_pro")
        assert visitor.metrics() == {"Observed": "USD 205.40", "Expected": "USD 1,205.40", "Score": "12.5"}
        page.locator("svg.marks").first.wait_for()
        page.get_by_role("button", name="All anomalies").click()
        visitor.table(self.LISTED).wait_for()
        assert "anomaly=" not in page.url

    def test_an_unknown_one_is_said(self, visit, shown_address):
        page = visit(shown_address).open("anomalies?anomaly=nothing", "Anomalies")
        page.get_by_text("There is no anomaly nothing in this snapshot.").wait_for()
        assert page.get_by_test_id("stMetric").count() == 0

    def test_the_filters_narrow_it_and_stand_in_the_address(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        page = visitor.open("anomalies", "Anomalies")
        page.get_by_text("Still lasting").click()
        wanted = shown_snapshot.rows("select count(*) as n from marts.anomalies where is_ongoing")[0]["n"]
        page.get_by_text(f"{wanted} {'anomaly' if wanted == 1 else 'anomalies'}, the newest first.").wait_for()
        visitor.await_true("it is in the address", lambda: "lasting=true" in page.url.lower())
        visitor.open(page.url.rsplit("/", 1)[1], "Anomalies")
        assert page.get_by_text(f"{wanted} {'anomaly' if wanted == 1 else 'anomalies'}, the newest first.").count() == 1


class TestUsage:
    def test_its_figures_are_those_of_the_tables(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        visitor.open("usage", "Usage and limits")
        expected = {}
        for label, query in (
            (
                "Beyond what is included, {}",
                "select currency, sum(over_minor)::bigint as minor from marts.usage_allowances "
                "where is_open and state = 'over' and basis = 'included' group by currency",
            ),
            (
                "Could be saved, {}",
                "select currency, sum(saving_minor)::bigint as minor from marts.plan_savings where is_best group by 1",
            ),
            (
                "Late usage, billable, {}",
                "select currency, sum(amount_minor)::bigint as minor from marts.late_usage "
                "where state = 'billable' group by currency",
            ),
            (
                "Late usage, stranded, {}",
                "select currency, sum(amount_minor)::bigint as minor from marts.late_usage "
                "where state = 'stranded' group by currency",
            ),
        ):
            for row in shown_snapshot.rows(query):
                name = label.format(row["currency"].upper())
                expected[name] = format_money(row["minor"] or 0, row["currency"])
        assert expected
        assert visitor.metrics() == expected

    def test_who_is_near_or_over_is_listed_with_its_money_and_leads_to_the_customer(
        self, visit, shown_address, shown_snapshot
    ):
        visitor = visit(shown_address)
        page = visitor.open("usage", "Usage and limits")
        rows = shown_snapshot.rows(
            "select a.*, c.name from marts.usage_allowances as a join marts.customers as c using (customer_id) "
            "where is_open and state in ('near', 'over')"
        )
        told = [
            [
                row["name"],
                row["meter"],
                "included" if row["basis"] == "included" else f"limit per {row['per']}",
                *(number(row[name]) for name in ("allowance", "used")),
                f"{row['used_percent']:,} %",
                row["state"],
                *(str(row[name] or "–") for name in ("near_since", "over_since")),
                money(row["over_minor"], row["currency"]),
                period(row["period_start"], row["period_end"]),
            ]
            for row in rows
        ]
        about = "Who is near what is included"
        listed = visitor.cells(about)[1:]
        assert listed
        assert [row for row in listed if row not in told] == []
        visitor.tick(about, 0)
        visitor.await_heading(listed[0][0])
        assert "customer=cus_" in page.url
        visitor.open("usage?basis=limit", "Usage and limits")
        assert visitor.cells(about)[1:] == [row for row in told if row[2] == "limit per day"]

    def test_savings_late_usage_and_freshness_are_those_of_the_tables(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        visitor.open("usage", "Usage and limits")
        saving = shown_snapshot.rows("select * from marts.plan_savings where is_best order by saving_minor desc")
        assert [row[1] for row in visitor.cells("would have paid less")[1:]] == [
            format_money(row["saving_minor"], row["currency"]) for row in saving
        ]
        late = shown_snapshot.rows(
            "select * from marts.late_usage order by amount_minor desc nulls last, late_usage_id"
        )
        listed = visitor.cells("Usage that came after its period")[1:]
        assert [row[3] for row in listed] == [
            format_money(row["amount_minor"], row["currency"]) for row in late[: len(listed)]
        ]
        fresh = {(row[0], row[1]): row for row in visitor.cells("Lag and silence")[1:]}
        assert fresh["tokens", "native"][2:] == ["900", "20 s", "25.0 h", "24.0 h", "5.0 min", "12.0 h", "too late"]

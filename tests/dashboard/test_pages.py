"""The dashboard in a browser: ways through it, links to share, figures, widths, and homes that change."""

from datetime import UTC, datetime

import pytest

from app.cli.app import dashboard
from app.cli.summary import health, percent, recomputed_shares
from tests.dashboard.conftest import publish_copy
from tieout.core.money import format_money
from tieout.store.checks import read_check_results
from tieout.store.home import Home, rfc3339
from tieout.store.snapshots import open_snapshot

pytestmark = pytest.mark.browser

WIDTHS = (1280, 600)
LISTED = "Discrepancies that match the filters"
INVOICES = "Invoices of the customer, expected and actual"
GROUPS = "Expected and invoiced amount of each line group"
SIDES = ("ledger", "stripe", "difference")


@pytest.fixture(scope="session")
def paths(story, shown_snapshot):
    """Every page, with something selected where there is something to select."""
    entry = shown_snapshot.rows("select min(entry_id) as entry_id from marts.ledger_entries")[0]["entry_id"]
    return {
        "": "Overview",
        "discrepancies": "Discrepancies",
        f"discrepancies?discrepancy={story['discrepancy_id']}": "Discrepancies",
        "customer": "Customer",
        f"customer?customer={story['customer_id']}": "Customer",
        "invoice": "Invoice",
        f"invoice?invoice={story['invoice_id']}": "Invoice",
        "pipeline": "Pipeline",
        "anomalies": "Anomalies",
        "anomalies?anomaly=ano_spike": "Anomalies",
        "usage": "Usage and limits",
        "payments": "Payments and recovery",
        "credits": "Credits and burn-down",
        "ledger": "Ledger",
        f"ledger?entry={entry}": "Ledger",
    }


def expected_by_currency(snapshot) -> dict[str, tuple[int, int, int]]:
    """Currency to leaked, overcharged and count, added up here from the rows."""
    sums: dict[str, tuple[int, int, int]] = {}
    for row in snapshot.rows("select currency, impact_minor from marts.discrepancies where status = 'open'"):
        if row["impact_minor"] is not None:
            leaked, over, count = sums.get(row["currency"], (0, 0, 0))
            impact = row["impact_minor"]
            sums[row["currency"]] = (leaked + max(impact, 0), over + max(-impact, 0), count + 1)
    return sums


class TestWalk:
    def test_from_the_overview_to_a_discrepancy_its_customer_and_the_invoice(self, visit, shown_address, story):
        visitor = visit(shown_address)
        page = visitor.open("", "Overview")
        impact = format_money(abs(story["impact_minor"]), story["currency"])
        page.get_by_test_id("stPageLink").filter(has_text=f"{impact} leaked · quantity mismatch").click()
        visitor.await_heading("Quantity mismatch")
        assert f"discrepancy={story['discrepancy_id']}" in page.url
        assert page.get_by_text(story["explanation"]).is_visible()

        page.get_by_test_id("stPageLink").filter(has_text=f"Customer {story['name']}").click()
        visitor.await_heading(story["name"])
        assert f"customer={story['customer_id']}" in page.url

        heading, *rows = visitor.cells(INVOICES)
        assert heading[-1] == "Invoice"
        visitor.tick(INVOICES, [row[-1] for row in rows].index(story["invoice_id"]))
        visitor.await_heading(f"{story['number']} · paid")
        assert f"invoice={story['invoice_id']}" in page.url
        assert page.get_by_text(story["explanation"]).is_visible()

    def test_a_ticked_row_opens_and_the_way_back_keeps_the_filters(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        page = visitor.open("discrepancies?kind=payout+mismatch", "Discrepancies")
        wanted = shown_snapshot.rows("select * from marts.discrepancies where kind = 'payout_mismatch'")
        assert [row[0] for row in visitor.cells(LISTED)[1:]] == ["payout mismatch"] * len(wanted)
        visitor.tick(LISTED, 0)
        visitor.await_heading("Payout mismatch")
        assert f"discrepancy={wanted[0]['discrepancy_id']}" in page.url
        page.get_by_role("button", name="All discrepancies").click()
        page.get_by_role("button", name="All discrepancies").wait_for(state="detached")
        visitor.settle()
        assert "kind=payout" in page.url
        assert [row[0] for row in visitor.cells(LISTED)[1:]] == ["payout mismatch"] * len(wanted)

    def test_an_id_that_is_not_there_is_said(self, visit, shown_address):
        visitor = visit(shown_address)
        for link, heading, said in (
            ("discrepancies?discrepancy=nothing", "Discrepancies", "There is no discrepancy nothing"),
            ("invoice?invoice=in_nothing", "Invoice", "There is no invoice in_nothing"),
            ("customer?customer=nobody", "Customer", "No customer matches “nobody”"),
        ):
            page = visitor.open(link, heading)
            page.get_by_text(said).wait_for()
            assert page.get_by_text("Traceback").count() == 0


class TestShare:
    def test_the_address_of_an_open_discrepancy_shows_the_same_elsewhere(self, visit, shown_address):
        here = visit(shown_address)
        page = here.open("discrepancies?sort=Kind", "Discrepancies")
        here.tick(LISTED, 1)
        page.get_by_role("button", name="All discrepancies").wait_for()
        here.settle()
        sentence = page.locator('[data-testid="stMarkdown"] strong').first.inner_text()
        there = visit(shown_address)
        there.open(page.url, "Discrepancies").get_by_role("button", name="All discrepancies").wait_for()
        there.settle()
        assert there.page.locator('[data-testid="stMarkdown"] strong').first.inner_text() == sentence
        assert there.metrics() == here.metrics()

    def test_the_address_of_a_list_carries_its_filters(self, visit, shown_address):
        here = visit(shown_address)
        page = here.open("discrepancies", "Discrepancies")
        page.get_by_test_id("stButtonGroup").get_by_text("critical").click()
        here.await_true("the filter is in the address", lambda: "severity=critical" in page.url)
        here.settle()
        there = visit(shown_address)
        there.open(page.url, "Discrepancies")
        assert there.cells(LISTED) == here.cells(LISTED)
        assert {row[5] for row in there.cells(LISTED)[1:]} == {"critical"}


class TestFigures:
    def test_the_overview_has_the_money_at_risk_and_the_share(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        page = visitor.open("", "Overview")
        shares = recomputed_shares(health(shown_snapshot))
        expected = {f"Recomputed, {c.upper()}": percent(*shares[c]).replace("%", " %") for c in shares}
        for currency, (leaked, over, count) in expected_by_currency(shown_snapshot).items():
            expected |= {
                f"Leaked, {currency.upper()}": format_money(leaked, currency),
                f"Overcharged, {currency.upper()}": format_money(over, currency),
                f"Open discrepancies, {currency.upper()}": str(count),
            }
        assert visitor.metrics() == expected
        total = shown_snapshot.rows("select count(*) as n from marts.discrepancies")
        assert page.get_by_text(f"{total[0]['n']} discrepancies are open.").is_visible()
        tied = shown_snapshot.rows("select * from marts.tie_outs where scope = 'all'")
        shown = {tuple(row) for row in visitor.cells("Control accounts")[1:]}
        assert shown  # the rows in view, each as it is in the table
        assert shown <= {
            (row["account"].replace("_", " "), *(format_money(row[f"{side}_minor"], row["currency"]) for side in SIDES))
            for row in tied
        }

    def test_the_list_has_every_discrepancy(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        page = visitor.open("discrepancies", "Discrepancies")
        rows = shown_snapshot.rows("select * from marts.discrepancies")
        assert page.get_by_text(f"{len(rows)} discrepancies match.").is_visible()
        told = {
            (
                row["kind"].replace("_", " "),
                format_money(row["impact_minor"], row["currency"]) if (row["impact_minor"] or 0) > 0 else "–",
                format_money(-row["impact_minor"], row["currency"]) if (row["impact_minor"] or 0) < 0 else "–",
            )
            for row in rows
        }
        shown = [tuple(row[:3]) for row in visitor.cells(LISTED)[1:]]
        assert shown
        assert set(shown) <= told

    def test_a_discrepancy_has_its_figures_and_both_sides(self, visit, shown_address, shown_snapshot, story):
        visitor = visit(shown_address)
        visitor.open(f"discrepancies?discrepancy={story['discrepancy_id']}", "Quantity mismatch")
        assert visitor.metrics() == {
            "Expected": format_money(story["expected_minor"], story["currency"]),
            "Actual": format_money(story["actual_minor"], story["currency"]),
            "Leaked": format_money(story["impact_minor"], story["currency"]),
        }
        group = shown_snapshot.rows(
            "select * from marts.invoice_reconciliation where invoice_id = ? and price_id = ? and status <> 'matched'",
            [story["invoice_id"], story["price_id"]],
        )[0]
        heading, first = visitor.cells(GROUPS)[:2]
        row = dict(zip(heading, first, strict=True))
        assert row["Price"] == group["price_id"]
        assert row["Expected quantity"] == f"{int(group['expected_quantity']):,}"
        assert row["Billed quantity"] == f"{int(group['billed_quantity']):,}"
        assert row["Expected"] == format_money(group["expected_minor"], group["currency"])
        assert row["Stripe invoiced"] == format_money(group["actual_minor"], group["currency"])
        assert row["Difference"] == format_money(group["difference_minor"], group["currency"])

    def test_a_customer_has_theirs(self, visit, shown_address, shown_snapshot, story):
        visitor = visit(shown_address)
        visitor.open(f"customer?customer={story['customer_id']}", story["name"])
        customer = shown_snapshot.rows("select * from marts.customers where customer_id = ?", [story["customer_id"]])[0]
        assert visitor.metrics() == {
            "Per month": format_money(customer["mrr_minor"], customer["currency"]),
            "Credit balance": format_money(-customer["balance_minor"], customer["currency"]),
            "Open discrepancies": str(customer["open_discrepancies"]),
            "Delinquent": "yes" if customer["delinquent"] else "no",
        }
        invoices = shown_snapshot.rows(
            "select * from marts.invoices where customer_id = ? order by created_at desc", [story["customer_id"]]
        )
        listed = [row[4] for row in visitor.cells(INVOICES)[1:]]
        assert listed == [format_money(row["total_excl_tax_minor"], row["currency"]) for row in invoices]
        ledger = shown_snapshot.rows(
            "select * from marts.ledger_balances where customer_id = ? order by account", [story["customer_id"]]
        )
        assert visitor.cells("Ledger balances")[1:] == [
            [row["account"].replace("_", " "), format_money(row["balance_minor"], row["currency"])] for row in ledger
        ]

    def test_a_customer_has_their_credits_and_what_used_them(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        [grant] = shown_snapshot.rows(
            "select g.*, c.name as customer_name from marts.credit_balances as g "
            "join marts.customers as c using (customer_id) where credit_grant_id = 'credgr_paid'"
        )
        page = visitor.open(f"customer?customer={grant['customer_id']}", grant["customer_name"])
        listed = visitor.cells("Credit grants of the customer")[1:]
        amounts = ("granted_minor", "applied_minor", "expired_minor", "voided_minor", "available_minor")
        assert ["paid credit", "paid", *(format_money(grant[column], "usd") for column in amounts)] in [
            row[:7] for row in listed
        ]
        uses = shown_snapshot.rows(
            "select * from marts.credit_applications where customer_id = ? order by applied_at desc, credit_grant_id",
            [grant["customer_id"]],
        )
        assert [row[2:4] for row in visitor.cells("Burn-down of the customer")[1:]] == [
            [format_money(row["amount_minor"], "usd"), format_money(row["balance_after_minor"], "usd")] for row in uses
        ]
        visitor.tick("Burn-down of the customer", 0)
        visitor.await_true("its invoice opens", lambda: f"invoice={uses[0]['invoice_id']}" in page.url)

    def test_an_invoice_has_its_own(self, visit, shown_address, shown_snapshot, story):
        visitor = visit(shown_address)
        visitor.open(f"invoice?invoice={story['number']}", f"{story['number']} · paid")
        invoice = shown_snapshot.rows("select * from marts.invoices where invoice_id = ?", [story["invoice_id"]])[0]
        expected = shown_snapshot.rows(
            "select * from marts.expected_invoices where matched_invoice_id = ?", [story["invoice_id"]]
        )[0]
        minor = {
            "Expected, without tax": expected["total_excl_tax_minor"],
            "Invoiced, without tax": invoice["total_excl_tax_minor"],
            "Due": invoice["amount_due_minor"],
            "Paid": invoice["amount_paid_minor"],
            "Remaining": invoice["amount_remaining_minor"],
        }
        assert visitor.metrics() == {name: format_money(value, invoice["currency"]) for name, value in minor.items()}
        lines = shown_snapshot.rows(
            "select * from marts.invoice_lines where invoice_id = ? order by position", [story["invoice_id"]]
        )
        assert [row[2] for row in visitor.cells("Lines of the invoice in Stripe")[1:]] == [
            format_money(line["amount_minor"], line["currency"]) for line in lines
        ]

    def test_an_invoice_that_stripe_never_made_has_what_was_expected(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        expected = shown_snapshot.rows(
            "select e.*, c.name from marts.expected_invoices as e join marts.customers as c using (customer_id) "
            "where matched_invoice_id is null and total_excl_tax_minor > 0 order by expected_invoice_id limit 1"
        )[0]
        page = visitor.open(f"customer?customer={expected['customer_id']}", expected["name"])
        visitor.tick(INVOICES, [row[-2] for row in visitor.cells(INVOICES)[1:]].index("no invoice"))
        visitor.await_heading("Expected, and Stripe has none")
        assert f"invoice={expected['expected_invoice_id']}" in page.url
        assert page.get_by_text(f"{expected['expected_invoice_id']} is the id that Tieout gives").is_visible()
        assert visitor.metrics() == {
            "Expected, without tax": format_money(expected["total_excl_tax_minor"], expected["currency"]),
            **dict.fromkeys(("Invoiced, without tax", "Due", "Paid", "Remaining"), "–"),
        }
        lines = shown_snapshot.rows(
            "select * from marts.expected_invoice_lines where expected_invoice_id = ? order by kind, price_id",
            [expected["expected_invoice_id"]],
        )
        assert [row[3] for row in visitor.cells("Expected lines")[1:]] == [
            format_money(line["amount_minor"], line["currency"]) for line in lines
        ]

    def test_the_pipeline_has_its_counts(self, visit, shown_address, shown_home, shown_snapshot):
        visitor = visit(shown_address)
        page = visitor.open("pipeline", "Pipeline")

        def count(table: str) -> str:
            return f"{shown_snapshot.rows(f'select count(*) as n from marts.{table}')[0]['n']:,}"

        heading, newest = visitor.cells("Runs that were published")[:2]
        run = dict(zip(heading, newest, strict=True))
        assert run["Run"] == shown_snapshot.run_id
        assert run["Customers"] == count("customers")
        assert run["Invoices"] == count("invoices")
        assert run["Expected invoices"] == count("expected_invoices")
        assert run["Discrepancies"] == count("discrepancies")
        assert run["In quarantine"] == count("usage_quarantine")
        events = shown_snapshot.rows("select sum(events)::bigint as n from marts.usage_daily")[0]["n"]
        assert run["Usage events"] == f"{events:,}"
        assert page.get_by_text(f"{count('usage_quarantine')} records.").is_visible()
        results = read_check_results(shown_home)[0].results
        held = sum(result["is_ok"] for result in results)
        assert page.get_by_text(f"{held} of {len(results)} checks held.").is_visible()
        failed = [result["check"].replace("_", " ") for result in results if not result["is_ok"]]
        assert {row[0] for row in visitor.cells("Checks of the chosen run")[1:] if row[1] == "failed"} == set(failed)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_window(width, visit, shown_address, paths):
    visitor = visit(shown_address, width)
    for path, heading in paths.items():
        visitor.open(path, heading)
        assert visitor.width_overflow() <= 0, path


@pytest.mark.parametrize("width", WIDTHS)
def test_a_home_from_missing_to_stale_under_an_open_page(width, visit, shown_home, tmp_path):
    home = Home(tmp_path / "home")
    now = rfc3339(datetime.now(UTC).replace(microsecond=0))
    with dashboard(home) as served:
        visitor = visit(served.address, width)
        page = visitor.open("pipeline", "Nothing has been published yet")
        assert page.get_by_text("There is no home").is_visible()
        assert page.get_by_text(f"tieout run --landing landing --home {home.root}").is_visible()
        assert visitor.width_overflow() <= 0

        home.create()
        visitor.open("", "Nothing has been published yet")
        assert page.get_by_text("has no snapshot yet").is_visible()

        # the first snapshot arrives: one without any data
        publish_copy(shown_home, home, as_of=now, published_at=now, changes=emptied(shown_home))
        visitor.await_heading("Overview")
        page.get_by_text("no customers, no usage and no invoices").wait_for()
        assert page.get_by_text("ties out").is_visible()
        assert page.get_by_test_id("stMetric").count() == 0
        assert visitor.width_overflow() <= 0

        # then one with data, of long ago
        publish_copy(shown_home, home, as_of="2026-11-01T00:00:00Z", published_at=now)
        page.get_by_text("These figures are of 2026-11-01 00:00 UTC, more than 36 hours ago").wait_for()
        visitor.await_true("figures arrive", lambda: page.get_by_text("Leaked, USD").count() == 1)
        before = visitor.metrics()

        # and one in which a leak is mended
        mended = "update marts.discrepancies set status = 'resolved' where kind = 'quantity_mismatch'"
        publish_copy(shown_home, home, as_of=now, published_at=now, changes=(mended,))
        visitor.await_true("the leak is less", lambda: visitor.metrics()["Leaked, USD"] != before["Leaked, USD"])
        visitor.settle()
        assert page.get_by_text("These figures are of").count() == 0
        assert visitor.metrics()["Overcharged, USD"] == before["Overcharged, USD"]


def test_pages_without_data_say_so(visit, shown_home, tmp_path):
    home = Home(tmp_path / "home")
    now = rfc3339(datetime.now(UTC).replace(microsecond=0))
    publish_copy(shown_home, home, as_of=now, published_at=now, changes=emptied(shown_home))
    with dashboard(home) as served:
        visitor = visit(served.address)
        visitor.open("discrepancies", "Discrepancies").get_by_text("Everything ties out").wait_for()
        visitor.open("customer", "Customer").get_by_text("There is no customer.").wait_for()
        visitor.open("invoice", "Invoice").get_by_text("Enter an invoice's id").wait_for()
        page = visitor.open("pipeline", "Pipeline")
        for words in ("No run has been measured.", "No check has run yet.", "Everything was computed."):
            assert page.get_by_text(words).is_visible()
        # a damaged home is told, too, and mended without a restart
        good = home.current_path.read_text()
        home.current_path.write_text("{")
        visitor.open("", "This home cannot be read").get_by_text("is damaged").wait_for()
        home.current_path.write_text(good)
        visitor.await_heading("Overview")


def emptied(home: Home) -> tuple[str, ...]:
    """SQL that leaves the tables of the home's snapshot, views over the ledger's batches among them, without rows."""
    with open_snapshot(home) as snapshot:
        views = {row["view_name"] for row in snapshot.rows("select view_name from duckdb_views() where not internal")}
        tables = sorted(snapshot.tables() - views)
    over_batches = (
        statement
        for view in sorted(views)
        for statement in (
            f"create table marts.emptied as select * from marts.{view} limit 0",
            f"drop view marts.{view}",
            f"alter table marts.emptied rename to {view}",
        )
    )
    return (*(f"delete from marts.{table}" for table in tables), *over_batches)

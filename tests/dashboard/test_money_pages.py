"""Payments and recovery, credits, the ledger: links, searches, and figures equal to the tables."""

import pytest

from tieout.core.money import format_money

pytestmark = pytest.mark.browser

STATES = {
    "recovered": "Paid after all",
    "recovering": "Still being tried",
    "stalled": "Stalled: nothing planned",
    "lost": "Lost: written off",
}


class TestPayments:
    LISTED = "Invoices with a failed payment"

    def test_what_failed_is_what_became_of_it_in_money(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        visitor.open("payments?paid_in=usd", "Payments and recovery")
        sums = {
            row["state"]: row["minor"]
            for row in shown_snapshot.rows(
                "select state, sum(amount_minor)::bigint as minor from marts.payment_recovery "
                "where currency = 'usd' group by state"
            )
        }
        assert visitor.metrics() == {
            "A payment failed": format_money(sum(sums.values()), "usd"),
            **{words: format_money(sums.get(state, 0), "usd") for state, words in STATES.items()},
        }

    def test_the_invoices_are_narrowed_by_state_and_open(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        page = visitor.open("payments?paid_in=usd&recovery=stalled", "Payments and recovery")
        rows = shown_snapshot.rows(
            "select r.*, i.number from marts.payment_recovery as r join marts.invoices as i using (invoice_id) "
            "where r.currency = 'usd' and r.state = 'stalled' order by r.amount_minor desc, invoice_id"
        )
        listed = visitor.cells(self.LISTED)[1:]
        assert [(row[0], row[2]) for row in listed] == [
            (row["number"], format_money(row["amount_minor"], "usd")) for row in rows[: len(listed)]
        ]
        visitor.tick(self.LISTED, 0)
        visitor.await_heading("Invoice")
        visitor.await_true("it is that invoice", lambda: f"invoice={rows[0]['invoice_id']}" in page.url)

    def test_the_attempts_are_those_of_the_recovered(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        visitor.open("payments?paid_in=usd", "Payments and recovery")
        rows = shown_snapshot.rows(
            "select attempts, count(*) as n from marts.payment_recovery "
            "where state = 'recovered' and currency = 'usd' group by attempts order by attempts"
        )
        assert [row[:2] for row in visitor.cells("Attempts that recovered")[1:]] == [
            [str(row["attempts"]), str(row["n"])] for row in rows
        ]


class TestCredits:
    def test_its_figures_are_those_of_the_grants(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        visitor.open("credits?credit_in=usd", "Credits and burn-down")
        rows = shown_snapshot.rows(
            "select category, sum(granted_minor)::bigint as granted, sum(applied_minor)::bigint as used, "
            "sum(expired_minor)::bigint as expired, sum(voided_minor)::bigint as voided, "
            "sum(available_minor)::bigint as left_over "
            "from marts.credit_balances where currency = 'usd' group by category"
        )
        columns = {
            "Granted": "granted", "Used": "used", "Expired": "expired", "Taken back": "voided",
            "Still there": "left_over",
        }  # fmt: skip
        expected = {
            f"{words}, {row['category']}": format_money(row[column], "usd")
            for row in rows
            for words, column in columns.items()
        }
        figures = visitor.metrics()
        assert {name: figures[name] for name in expected} == expected

    def test_the_grants_are_searched_and_lead_to_their_customer(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        row = shown_snapshot.rows(
            "select g.*, c.name as customer_name from marts.credit_balances as g "
            "join marts.customers as c using (customer_id) where credit_grant_id = 'credgr_paid'"
        )[0]
        page = visitor.open("credits?credit_in=usd&holder=credgr_paid", "Credits and burn-down")
        [listed] = visitor.cells("Credit grants")[1:]
        assert listed[0:3] == [row["customer_name"], "paid credit", "paid"]
        assert listed[3:8] == [
            format_money(row[column], "usd")
            for column in ("granted_minor", "applied_minor", "expired_minor", "voided_minor", "available_minor")
        ]
        visitor.tick("Credit grants", 0)
        visitor.await_heading(row["customer_name"])
        assert f"customer={row['customer_id']}" in page.url

    def test_what_used_them_is_listed_with_what_was_left_and_how_long_the_rest_lasts(
        self, visit, shown_address, shown_snapshot
    ):
        visitor = visit(shown_address)
        page = visitor.open("credits?credit_in=usd&holder=credgr_paid", "Credits and burn-down")
        rows = shown_snapshot.rows(
            "select * from marts.credit_applications where credit_grant_id = 'credgr_paid' order by applied_at desc"
        )
        assert [row[3:5] for row in visitor.cells("Uses of credit grants")[1:]] == [
            [format_money(row["amount_minor"], "usd"), format_money(row["balance_after_minor"], "usd")] for row in rows
        ]
        pace = shown_snapshot.rows(
            "select (select sum(amount_minor)::bigint from marts.credit_applications where currency = 'usd' "
            "and applied_at > timestamp '2026-11-01' - interval 30 day) as used, "
            "(select sum(available_minor)::bigint from marts.credit_balances where currency = 'usd') as available"
        )[0]
        assert page.get_by_text(
            f"The last 30 days used {format_money(pace['used'], 'usd')}; at that pace the "
            f"{format_money(pace['available'], 'usd')} still there last {30 * pace['available'] // pace['used']:,} days"
        ).is_visible()


class TestLedger:
    ENTRIES = "Journal entries that match"
    PLACES = "Customers, invoices, grants and payouts"

    def test_tie_outs_and_balances_are_those_of_the_tables(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        visitor.open("ledger", "Ledger")
        tied = {
            (row["account"].replace("_", " "), *(format_money(row[column], row["currency"]) for column in columns))
            for columns in [("ledger_minor", "stripe_minor", "difference_minor")]
            for row in shown_snapshot.rows("select * from marts.tie_outs where scope = 'all'")
        }
        shown = {tuple(row) for row in visitor.cells("Control accounts")[1:]}
        assert shown
        assert shown <= tied
        balances = {
            (row["account"].replace("_", " "), format_money(row["minor"], row["currency"]))
            for row in shown_snapshot.rows(
                "select account, currency, sum(balance_minor)::bigint as minor from marts.ledger_balances group by all"
            )
        }
        listed = {(row[0], row[2]) for row in visitor.cells("Balance of every account")[1:]}
        assert listed
        assert listed <= balances

    def test_an_entry_is_found_by_its_document_and_opens_with_its_postings(
        self, visit, shown_address, shown_snapshot, story
    ):
        visitor = visit(shown_address)
        page = visitor.open(f"ledger?document={story['invoice_id']}", "Ledger")
        entries = shown_snapshot.rows(
            "select entry_id from marts.ledger_entries where source_id = ? or entry_id in "
            "(select entry_id from marts.ledger_postings where subledger_id = ?) order by effective_at desc, entry_id",
            [story["invoice_id"], story["invoice_id"]],
        )
        listed = visitor.cells(self.ENTRIES)[1:]
        assert [row[5] for row in listed] == [row["entry_id"] for row in entries[: len(listed)]]
        visitor.tick(self.ENTRIES, 0)
        page.get_by_role("button", name="The whole ledger").wait_for()
        visitor.settle()
        postings = shown_snapshot.rows(
            "select * from marts.ledger_postings where entry_id = ? order by amount_minor desc, account",
            [entries[0]["entry_id"]],
        )
        assert [(row[0], row[1], row[2]) for row in visitor.cells("Postings of the entry")[1:]] == [
            (
                row["account"].replace("_", " "),
                format_money(row["amount_minor"], row["currency"]) if row["amount_minor"] >= 0 else "–",
                format_money(-row["amount_minor"], row["currency"]) if row["amount_minor"] < 0 else "–",
            )
            for row in postings
        ]
        assert page.get_by_test_id("stPageLink").filter(has_text=f"Invoice {story['invoice_id']}").is_visible()
        assert "entry=" in page.url
        page.get_by_role("button", name="The whole ledger").click()
        visitor.table(self.ENTRIES).wait_for()
        assert f"document={story['invoice_id']}" in page.url

    @pytest.mark.parametrize(
        ("place", "heading", "address"),
        [
            ("invoice", "Invoice", "invoice?invoice="),
            ("customer", "Customer", "customer?customer="),
            ("grant", "Credits and burn-down", "credits?holder="),
            ("payout", "Ledger", "ledger?document="),
        ],
    )
    def test_a_place_that_does_not_tie_out_opens(self, visit, shown_address, place, heading, address):
        visitor = visit(shown_address)
        page = visitor.open("ledger", "Ledger")
        rows = visitor.cells(self.PLACES)[1:]
        row, scope = next((i, row[1].split()[1]) for i, row in enumerate(rows) if row[1].startswith(f"{place} "))
        visitor.tick(self.PLACES, row)
        visitor.await_true(f"it opens at {address}{scope}", lambda: page.url.endswith(f"{address}{scope}"))
        visitor.await_heading(heading)

    def test_closed_months_are_listed(self, visit, shown_address, shown_snapshot):
        visitor = visit(shown_address)
        visitor.open("ledger", "Ledger")
        rows = shown_snapshot.rows("select * from marts.ledger_periods order by period_month desc")
        assert [row[:4] for row in visitor.cells("Months that were ever closed")[1:]] == [
            [
                f"{row['period_month']:%Y-%m}",
                "closed" if row["is_closed"] else "open",
                row["last_action"],
                row["decided_by"],
            ]
            for row in rows
        ]

    def test_an_unknown_entry_is_said(self, visit, shown_address):
        page = visit(shown_address).open("ledger?entry=nothing", "Ledger")
        page.get_by_text("There is no entry nothing in this snapshot.").wait_for()
        assert "Postings" not in page.inner_text("body")

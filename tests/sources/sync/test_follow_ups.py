"""Objects bring what no list of their own type gives: lines, inline prices, transactions."""

from __future__ import annotations

from collections import Counter

from tests.sources.sync.conftest import NOW, Place, Serve, at


def test_lines_beyond_the_first_ten_are_landed_as_objects_of_their_own(serve: Serve, synced: Place) -> None:
    server = serve()
    invoice = next(o for o in server.account.of_type("invoice") if o["status"] == "open" or o["status"] == "paid")
    line = invoice["lines"]["data"][0]
    lines = [{**line, "id": f"il_{n:03d}"} for n in range(230)]
    long = {**invoice, "id": "in_long", "created": at(0.5), "lines": {**invoice["lines"], "data": lines}}
    server.account.put(long)

    report = synced.pull(server)

    assert report.landed["line_item"] == 230
    assert list(synced.objects()["line_item"].values()) == lines
    assert synced.objects()["invoice"]["in_long"]["lines"]["has_more"] is True
    assert [r.path for r in server.requests].count("/v1/invoices/in_long/lines") == 3


def test_an_inline_price_that_no_list_holds_is_looked_up(serve: Serve, synced: Place) -> None:
    server = serve()
    subscription = next(o for o in server.account.of_type("subscription") if o["status"] == "active")
    price = {**server.account.of_type("price")[0], "id": "price_inline"}
    server.account.put(price)
    server.account.hide("price", "price_inline")
    items = {**subscription["items"], "data": [{**subscription["items"]["data"][0], "price": price}]}
    server.account.change("subscription", subscription["id"], at(1), items=items)

    synced.pull(server)

    assert synced.objects()["price"]["price_inline"] == price


def test_credit_grants_bring_their_transactions_and_expiry_reads_them_again(serve: Serve, synced: Place) -> None:
    server = serve()
    account = server.account
    customer = account.of_type("customer")[0]["id"]
    account.put(
        {
            "id": "credgr_1",
            "object": "billing.credit_grant",
            "customer": customer,
            "created": at(0),
            "expires_at": at(2),
            "livemode": True,
        }
    )

    def transaction(number: int) -> None:
        account.put(
            {
                "id": f"cbtxn_{number}",
                "object": "billing.credit_balance_transaction",
                "credit_grant": "credgr_1",
                "created": at(number),
                "livemode": True,
            }
        )

    transaction(0)
    assert synced.pull(server).landed["billing.credit_balance_transaction"] == 1
    transaction(1)
    assert synced.pull(server).landed == Counter(), "nothing tells of it yet"

    report = synced.pull(server, as_of=NOW.replace(day=4))

    assert report.landed["billing.credit_balance_transaction"] == 1


def test_a_payout_under_way_claims_its_transactions_only_when_they_add_up(serve: Serve, place: Place) -> None:
    server = serve()
    payout = next(o for o in server.account.of_type("payout") if o["status"] == "in_transit")
    server.account.change("payout", payout["id"], at(0), amount=payout["amount"] + 1)
    place.pull(server)

    landed = place.objects()["balance_transaction"].values()
    assert payout["id"] not in {o["payout"] for o in landed}

    server.account.change("payout", payout["id"], at(0), status="paid", reconciliation_status="completed")
    place.pull(server)

    landed = place.objects()["balance_transaction"].values()
    assert payout["id"] in {o["payout"] for o in landed}, "settled: Stripe's word counts, whatever the sum"


def test_a_deleted_customer_is_landed_as_deleted_and_a_deleted_draft_let_go(serve: Serve, synced: Place) -> None:
    server = serve()
    account = server.account
    customer, draft = account.of_type("customer")[0], dict(account.of_type("invoice")[0])
    draft |= {"id": "in_draft", "status": "draft", "created": at(0.1)}
    account.put(draft)
    synced.pull(server)
    account.change("customer", customer["id"], at(1), "customer.deleted")
    account.put({"id": customer["id"], "object": "customer", "deleted": True})
    account.remove("invoice", "in_draft")

    report = synced.pull(server, overlap_seconds=0)

    assert report.landed["customer"] == 1
    assert sum(r.path == "/v1/invoices/in_draft" for r in server.requests) == 1
    synced.pull(server, overlap_seconds=0)
    assert not any(r.path == "/v1/invoices/in_draft" for r in server.requests), "not asked for again"

"""A second sync transfers only what is new, changed or open."""

from __future__ import annotations

from collections import Counter

from tests.sources.sync.conftest import AGAIN, NOW, Place, Serve, at


def test_a_second_sync_lands_nothing_when_nothing_happened(serve: Serve, synced: Place) -> None:
    server = serve()
    files = synced.files()

    report = synced.pull(server)

    assert synced.files() == files
    assert not report.landed
    assert report.requests == AGAIN


def test_a_second_sync_transfers_only_what_changed_or_is_open(serve: Serve, synced: Place) -> None:
    server = serve()
    files = synced.files()
    account = server.account
    paid = next(o for o in account.of_type("invoice") if o["status"] == "paid")
    price = next(o for o in account.of_type("price") if o.get("tiers"))
    customer = account.of_type("customer")[0]
    account.change("invoice", paid["id"], at(1), "invoice.updated", metadata={"note": "settled long ago"})
    account.change("price", price["id"], at(1), "price.updated", active=False)
    account.change("customer", customer["id"], at(1), "customer.updated", email="new@example.com")
    account.put({**customer, "id": "cus_new", "created": at(1)})

    report = synced.pull(server, overlap_seconds=0, as_of=NOW.replace(day=2))

    new = {}
    for path in synced.files() - files:
        new[path.parent.name] = len(path.read_bytes().splitlines())
    summaries = new.pop("billing.meter_event_summary", 0)
    assert new == {"event": 3, "invoice": 1, "price": 1, "customer": 2}
    assert summaries == 0, "the world has no windows of the new day"
    assert synced.objects()["price"][price["id"]]["tiers"] == price["tiers"], "read again with its tiers"
    assert synced.objects()["customer"]["cus_new"]
    asked = Counter(request.path.rsplit("/", 1)[0] for request in server.requests if request.params.get("customer"))
    assert set(asked) <= {f"/v1/billing/meters/{m['id']}" for m in account.of_type("billing.meter")}
    assert report.read["charge"] <= 1, "settled charges are not read again"


def test_open_objects_are_read_again_without_an_event(serve: Serve, synced: Place) -> None:
    server = serve()
    account = server.account
    subscription = min((o for o in account.of_type("subscription")), key=lambda o: o["created"])
    assert subscription["status"] != "canceled"
    account.change("subscription", subscription["id"], at(1), status="canceled")
    intent = next(o for o in account.of_type("payment_intent") if o["status"] == "requires_payment_method")
    account.change("payment_intent", intent["id"], at(1), status="canceled")

    report = synced.pull(server, overlap_seconds=0)

    assert report.landed == {"subscription": 1, "payment_intent": 1}
    assert synced.pull(server, overlap_seconds=0).landed == Counter()


def test_an_unanswered_change_after_thirty_days_is_told_and_everything_read_again(serve: Serve, synced: Place) -> None:
    server = serve()
    charge = min(server.account.of_type("charge"), key=lambda o: o["created"])
    server.account.change("charge", charge["id"], at(1), amount_refunded=1)  # its event is out of reach

    report = synced.pull(server, as_of=NOW.replace(month=12, day=5))

    assert any("more than 30 days ago" in note for note in report.notes)
    assert report.landed["charge"] == 1
    assert report.read["charge"] == len(server.account.of_type("charge"))


def test_without_events_everything_is_read_each_time(serve: Serve, place: Place) -> None:
    server = serve(forbidden=("event",))
    place.pull(server)
    charge = min(server.account.of_type("charge"), key=lambda o: o["created"])
    server.account.change("charge", charge["id"], at(1), amount_refunded=1)

    report = place.pull(server)

    assert report.landed == {"charge": 1}

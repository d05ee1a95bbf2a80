"""What a key may not read, keys of the other mode, and what must never be mixed or shown."""

from __future__ import annotations

import pytest
import stripe
from filelock import FileLock

from tests.sources.sync.conftest import TINY, Place, Serve, without_filter_keys
from tests.stripe_server.account import newest_objects
from tests.stripe_server.server import API_KEY
from tieout.sources.stripe_api import SyncRefused, sync


def test_types_the_key_may_not_read_are_told_and_the_others_landed(serve: Serve, place: Place) -> None:
    server = serve(forbidden=("payout", "dispute"))

    report = place.pull(server)

    assert set(report.forbidden) == {"payout", "dispute"}
    assert "Payouts: Read" in report.forbidden["payout"]
    assert "rak_dispute_read" in report.forbidden["dispute"]
    landed = place.objects()
    assert not {"payout", "dispute"} & set(landed)
    assert landed["invoice"] == newest_objects(TINY)["invoice"]

    server.forbid()
    place.pull(server)

    assert place.objects() == without_filter_keys(newest_objects(TINY)), "payouts bring their transactions' key"


def test_a_second_sync_at_the_same_time_is_refused(serve: Serve, synced: Place) -> None:
    with (
        FileLock(synced.home / "sync" / "lock"),
        pytest.raises(SyncRefused, match="another sync is at work"),
    ):
        synced.pull(serve())


def test_a_key_that_may_read_nothing_is_refused(serve: Serve, place: Place) -> None:
    server = serve()
    server.forbid(*newest_objects(TINY), "billing.credit_grant")

    with pytest.raises(SyncRefused, match="may not read anything"):
        place.pull(server)


def test_a_type_stripe_rejects_does_not_stop_the_others(serve: Serve, place: Place) -> None:
    server = serve()
    server.break_list("/v1/refunds")

    report = place.pull(server)

    assert set(report.failed) == {"refund"}
    assert "refund" not in place.objects()
    assert place.objects()["charge"] == newest_objects(TINY)["charge"]


def test_test_and_live_mode_are_never_mixed(serve: Serve, synced: Place) -> None:
    server = serve()
    files = synced.files()
    for rows in server.account.objects.values():
        for obj in rows.values():
            if "livemode" in obj:
                obj["livemode"] = False

    with pytest.raises(SyncRefused, match="reads test mode, and this home holds live mode"):
        synced.pull(server)
    assert synced.files() == files


def test_a_key_of_the_other_mode_is_refused_before_any_call(
    serve: Serve, synced: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    monkeypatch.setenv("STRIPE_API_KEY", "rk_" + "test_made_up")

    with pytest.raises(SyncRefused, match="the key is for test mode"):
        synced.pull(server)
    assert server.requests == []


def test_a_home_that_published_one_mode_takes_no_other(serve: Serve, place: Place) -> None:
    place.home.mkdir()
    (place.home / "CURRENT").write_text('{"livemode": false}')

    with pytest.raises(SyncRefused, match="this home holds test mode"):
        place.pull(serve())


def test_a_home_does_not_sync_into_two_landing_areas(serve: Serve, synced: Place) -> None:
    server = serve()

    with pytest.raises(SyncRefused, match="this home syncs into"):
        sync(synced.folder / "other" / "landing", synced.home, synced.settings(server))


def test_the_key_is_in_no_file(serve: Serve, place: Place) -> None:
    place.pull(serve())

    for path in [*place.files(), *(p for p in place.home.rglob("*") if p.is_file())]:
        assert API_KEY.encode() not in path.read_bytes(), path


def test_calls_carry_the_version_that_the_client_pins(serve: Serve, synced: Place) -> None:
    server = serve()
    synced.pull(server)

    assert {request.headers["Stripe-Version"] for request in server.requests} == {stripe.api_version}

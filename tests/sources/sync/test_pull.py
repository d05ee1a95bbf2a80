"""A sync of the tiny world lands its objects, whatever goes wrong on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from tests.sources.sync.conftest import AGAIN, NOW, TINY, WHOLE, Place, Serve, without_filter_keys
from tests.stripe_server.account import newest_objects
from tests.stripe_server.faults import KINDS, Faults
from tieout.sources.stripe_api import SyncError


def test_everything_the_account_has_is_landed_as_it_is(serve: Serve, place: Place) -> None:
    report = place.pull(serve())

    assert place.objects() == without_filter_keys(newest_objects(TINY))
    assert not report.forbidden
    assert not report.failed
    assert sum(report.landed.values()) == sum(len(rows) for rows in newest_objects(TINY).values())


def test_landed_lines_are_verbatim_objects_one_a_line(serve: Serve, place: Place) -> None:
    place.pull(serve(is_pretty=True))

    lines = [line for path in place.files() for line in path.read_bytes().split(b"\n") if line]
    assert all(line.startswith(b"{") and line.endswith(b"}") for line in lines)
    assert {path.parts[-3:-1] for path in place.files()} == {("sync", kind) for kind in place.objects()}
    assert not (place.landing / ".sync").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_at_the_first_calls_is_got_over(serve: Serve, place: Place, kind: str) -> None:
    server = serve(faults=Faults(by_number={1: kind, 2: kind, 8: kind}, hang_seconds=1.5))

    report = place.pull(server, timeout_seconds=1.0 if kind == "hang" else 30.0)

    # On a busy machine an answer may take longer than the short patience with hanging ones.
    assert report.retries == 3 or (kind == "hang" and report.retries > 3)
    assert place.objects() == without_filter_keys(newest_objects(TINY))


@pytest.mark.slow
def test_a_sync_through_many_faults_lands_the_same(serve: Serve, place: Place) -> None:
    server = serve(faults=Faults(rate=0.2, seed=3, hang_seconds=1.5))

    report = place.pull(server, attempts_max=12, timeout_seconds=1.0)

    met = Counter(request.fault for request in server.requests if request.fault)
    assert set(met) == set(KINDS), "the seed no longer meets every kind of fault"
    assert report.retries >= met.total()
    assert place.objects() == without_filter_keys(newest_objects(TINY))


def test_stripe_is_given_the_time_it_asks_for(serve: Serve, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    server = serve(faults=Faults(by_number={1: "429"}, retry_after="7"))

    place.pull(server)

    assert waits == [7.0]


@pytest.mark.slow
def test_what_never_answers_ends_the_sync_and_the_next_one_goes_on(serve: Serve, place: Place) -> None:
    dead_from_30_on = Faults(by_number=dict.fromkeys(range(30, 40), "drop"))
    server = serve(faults=dead_from_30_on)

    with pytest.raises(SyncError, match="failed 3 times"):
        place.pull(server, attempts_max=3, workers=1)
    assert not list(place.landing.rglob("*.jsonl")), "landing must not read half an account"

    server.faults = Faults()
    report = place.pull(server)

    assert report.is_resumed
    assert place.objects() == without_filter_keys(newest_objects(TINY))
    # 29 calls were answered before; the rest of the first sync and a short second one are left.
    assert len(server.paths()) == WHOLE - 29 + AGAIN, "what was read before is not read again"


@pytest.mark.slow
@pytest.mark.parametrize("killed_at", [9, 24, 100])
def test_a_killed_sync_goes_on_from_its_last_page(serve: Serve, place: Place, killed_at: int) -> None:
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC;"
        "from tieout.sources.stripe_api import SyncSettings, sync;"
        "sync(Path(sys.argv[1]), Path(sys.argv[2]), SyncSettings(base_address=sys.argv[3],"
        " as_of=datetime.fromisoformat(sys.argv[4])))"
    )
    server = serve()
    arguments = [str(place.landing), str(place.home), server.address, NOW.isoformat()]
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], env={**os.environ})
    server.on_request = lambda number: process.send_signal(signal.SIGKILL) if number == killed_at else None
    assert process.wait(60) == -signal.SIGKILL
    before = len(server.paths())
    server.on_request = None

    report = place.pull(server)

    assert report.is_resumed
    assert place.objects() == without_filter_keys(newest_objects(TINY))
    landed = Counter(len(path.read_bytes().splitlines()) for path in place.files())
    assert sum(lines * files for lines, files in landed.items()) == sum(
        len(rows) for rows in newest_objects(TINY).values()
    ), "no object is landed twice"
    # What was answered and not yet taken in is asked again: at most one page, or one batch of follow-ups.
    assert WHOLE + AGAIN <= before + len(server.paths()) <= WHOLE + AGAIN + 16


def test_a_listing_whose_cursor_is_deleted_begins_again(serve: Serve, place: Place) -> None:
    server = serve()
    events = sorted(server.account.of_type("event"), key=lambda o: (-o["created"], o["id"]))
    cursor = events[99]["id"]

    def delete_cursor(number: int) -> None:
        if server.requests[number - 1].params.get("starting_after") == cursor and server.account.get("event", cursor):
            server.account.remove("event", cursor)

    server.on_request = delete_cursor

    report = place.pull(server)

    assert not report.failed
    assert len(place.objects()["event"]) == len(events), "the first page was read before"

"""`tieout watch` as a process: exit statuses, being killed in the middle, and following new snapshots."""

import json
import os
import signal
import subprocess
import time

import pytest

from tests.conftest import TIEOUT, call_tieout
from tests.support.findings import finding, publish
from tests.support.receiver import WebhookReceiver
from tieout.store.home import Home

WAIT_SECONDS = 30


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def receiver():
    started = WebhookReceiver().start()
    yield started
    started.stop()


def settings(receiver: WebhookReceiver, **more: str) -> dict[str, str]:
    return {"TIEOUT_WEBHOOK_URL": receiver.address, "TIEOUT_WEBHOOK_TIMEOUT_SECONDS": "2", **more}


def started(home: Home, receiver: WebhookReceiver, output, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [TIEOUT, "watch", "--home", home.root, *arguments],
        env={**os.environ, **settings(receiver)},
        stdout=output,
        stderr=subprocess.PIPE,
    )


def await_true(condition) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_without_a_snapshot_it_leaves_with_2(home):
    done = call_tieout("watch", "--home", home.root)
    assert done.returncode == 2
    assert "no snapshot" in done.stderr
    assert not (home.root / "watch").exists()


def test_a_webhook_that_fails_gives_1_says_what_waits_and_never_the_address(home, receiver):
    publish(home, [finding(1), finding(2)])
    receiver.script = ["refuse"]
    failed = call_tieout("watch", "--home", home.root, env=settings(receiver))
    assert failed.returncode == 1
    assert failed.stderr == "tieout: webhook: it answered 403; 2 notices wait for the next watch\n"
    assert len(failed.stdout.splitlines()) == 2
    again = call_tieout("watch", "--home", home.root, env=settings(receiver))
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert len(receiver.taken) == 2


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_in_the_middle_and_started_again_every_notice_arrives_once(home, receiver, tmp_path, number):
    publish(home, [finding(n) for n in range(300)])
    output = tmp_path / "out.jsonl"
    with output.open("ab") as stream:
        for portion in (20, 90, 170):
            watch = started(home, receiver, stream)
            await_true(lambda at_least=portion: len(receiver.taken) >= at_least)
            watch.send_signal(number)
            _, errors = watch.communicate()
            if number != signal.SIGKILL:
                assert watch.returncode == 130
                assert b"waits for the next watch" in errors
        last = started(home, receiver, stream)
        assert last.wait(WAIT_SECONDS) == 0
    wanted = {f"dis_{n}" for n in range(300)}
    assert len(receiver.taken) == 300
    assert {body["blocks"][1]["elements"][0]["text"].split("explain ")[1][:-1] for _, body in receiver.taken} == wanted
    assert sorted(line["discrepancy_id"] for line in lines(output)) == sorted(wanted)
    if number != signal.SIGKILL:  # what was acknowledged was written down before the process ended
        assert set(receiver.requests.values()) == {1}


def test_it_follows_new_snapshots_past_a_receiver_that_is_away_and_ends_quietly(home, receiver, tmp_path):
    output = tmp_path / "out.jsonl"
    with output.open("wb") as stream:
        watch = started(home, receiver, stream, "--follow", "--interval", "0.1")
        try:
            time.sleep(0.5)  # nothing is published yet, and it waits for it
            assert watch.poll() is None
            publish(home, [finding(1)])
            await_true(lambda: len(receiver.taken) == 1)
            receiver.stop()
            publish(home, [finding(1, status="resolved"), finding(2)])
            await_true(lambda: len(lines(output)) == 3)
            receiver.start()
            await_true(lambda: len(receiver.taken) == 3)
        finally:
            watch.terminate()
            _, errors = watch.communicate(timeout=WAIT_SECONDS)
    assert watch.returncode == 0
    assert b"secret" not in errors
    assert [line["change"] for line in lines(output)] == ["new", "resolved", "new"]

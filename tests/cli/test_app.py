"""`tieout app` in a process of its own: it answers, says where, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest

from app.cli.app import ADDRESS, PORT_DEFAULT, free_port
from tests.conftest import TIEOUT, call_tieout
from tests.demo_home import heed_interrupts
from tieout.store.errors import BadArgument

START_SECONDS_MAX = 120


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.socket() as other:
        other.bind((ADDRESS, 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def started(tmp_path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`tieout app` on a home that is not there, once it has said that it answers; and its port."""
    port = free_port(None)
    (tmp_path / "app.py").write_text("raise SystemExit('not the dashboard')")  # what lies around is not taken for ours
    process = subprocess.Popen(
        [TIEOUT, "app", "--home", tmp_path / "home", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        preexec_fn=heed_interrupts,
    )
    try:
        told = process.stdout.readline()
        assert f"http://{ADDRESS}:{port}" in told
        assert str(tmp_path / "home") in told
        yield process, port
    finally:
        process.kill()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{ADDRESS}:{port}/_stcore/health", timeout=START_SECONDS_MAX) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_when_it_answers_and_a_stop_ends_all_of_it(stop, started, tmp_path):
    process, port = started
    assert answers(port)
    process.send_signal(stop)
    assert process.wait(30) == 0
    assert process.stderr.read() == ""
    assert not answers(port)
    assert not (tmp_path / "home").exists()  # looking changes nothing


@pytest.mark.slow
def test_killed_it_leaves_no_dashboard_behind(started):
    process, port = started
    process.kill()
    process.wait()
    deadline = time.monotonic() + 30
    while answers(port) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not answers(port)


def test_a_wanted_port_that_is_taken_gives_2_and_names_it(taken, tmp_path):
    done = call_tieout("app", "--home", tmp_path, "--port", taken)
    assert done.returncode == 2
    assert f"port {taken} cannot be used" in done.stderr
    assert "--port" in done.stderr


def test_without_a_wanted_port_the_next_free_one_is_taken():
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first = free_port(None)
        other.bind((ADDRESS, first))
        other.listen()
        assert PORT_DEFAULT <= first < free_port(None)
        with pytest.raises(BadArgument, match=str(first)):
            free_port(first)


def test_a_home_that_cannot_be_read_gives_2(tmp_path):
    (tmp_path / "file").write_text("")
    done = call_tieout("app", "--home", tmp_path / "file")
    assert done.returncode == 2
    assert "cannot be read" in done.stderr

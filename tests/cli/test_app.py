"""`tieout app` in a process of its own: it answers, says where, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.app import ADDRESS, TOLD
from tests.conftest import TIEOUT, call_tieout
from tests.demo_home import heed_interrupts

START_SECONDS_MAX = 120


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.socket() as other:
        other.bind((ADDRESS, 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def started(tmp_path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`tieout app` on a home that is not there, once it has said that it answers; and its address."""
    (tmp_path / "app.py").write_text("raise SystemExit('not the dashboard')")  # what lies around is not taken for ours
    with socket.socket() as probe:  # a port that no dashboard takes by itself, when this one has left it
        probe.bind((ADDRESS, 0))
        port = probe.getsockname()[1]
    process = start(tmp_path, "--port", str(port))
    try:
        told = process.stdout.readline()
        assert f":{port} " in told
        assert str(tmp_path / "home") in told
        yield process, TOLD.search(told)[0]
    finally:
        process.kill()


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [TIEOUT, "app", "--home", folder / "home", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        preexec_fn=heed_interrupts,
    )


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=START_SECONDS_MAX) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_when_it_answers_and_a_stop_ends_all_of_it(stop, started, tmp_path):
    process, address = started
    assert answers(address)
    process.send_signal(stop)
    assert process.wait(30) == 0
    assert process.stderr.read() == ""
    assert not answers(address)
    assert not (tmp_path / "home").exists()  # looking changes nothing


@pytest.mark.slow
def test_killed_it_leaves_no_dashboard_behind(started):
    process, address = started
    process.kill()
    process.wait()
    deadline = time.monotonic() + 30
    while answers(address) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not answers(address)


def test_a_wanted_port_that_is_taken_gives_2_and_names_it(taken, tmp_path):
    done = call_tieout("app", "--home", tmp_path, "--port", taken)
    assert done.returncode == 2
    assert f"port {taken} cannot be used" in done.stderr
    assert "--port" in done.stderr


@pytest.mark.slow
def test_dashboards_that_start_at_once_answer_at_addresses_of_their_own(tmp_path):
    processes = [start(tmp_path), start(tmp_path)]
    try:
        told = [TOLD.search(process.stdout.readline())[0] for process in processes]
        assert len(set(told)) == 2
        for process, address in zip(processes, told, strict=True):
            assert answers(address)
            process.terminate()
            assert process.wait(30) == 0
    finally:
        for process in processes:
            process.kill()


def test_a_home_that_cannot_be_read_gives_2(tmp_path):
    (tmp_path / "file").write_text("")
    done = call_tieout("app", "--home", tmp_path / "file")
    assert done.returncode == 2
    assert "cannot be read" in done.stderr

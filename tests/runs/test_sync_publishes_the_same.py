"""What `tieout sync` brings over HTTP publishes the same rows as the files it was served from."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stripe_server.faults import Faults
from tests.stripe_server.server import API_KEY, StripeServer
from tests.support.published import differences, row_count
from tests.support.runs import World, run, snapshot
from tieout.store.home import Home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
TINY = World(Path(__file__).parents[1] / "golden" / "worlds" / "tiny")
# An hour after the world's as-of: the last midnight that has settled is then the end of the world's meter windows.
SYNCED_AT = "2026-11-01T01:00:00Z"
KILLED_AT_REQUEST = 70


def start_sync(landing: Path, home: Path, address: str) -> subprocess.Popen[str]:
    arguments = ["--base", address, "--as-of", SYNCED_AT, "--timeout", "2", "--attempts", "12"]
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", "sync", "--landing", str(landing), "--home", str(home), *arguments],
        env={**os.environ, "STRIPE_API_KEY": API_KEY, "NO_PROXY": "127.0.0.1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_through_faults_and_a_kill(tiny_home: Home, tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    for folder in ("usage", "contracts"):
        shutil.copytree(TINY.landing / folder, landing / folder)
    faults = Faults(rate=0.05, seed=11, hang_seconds=3.0)

    with StripeServer(TINY.landing, faults) as server:
        sync = start_sync(landing, home, server.address)
        server.on_request = lambda number: sync.send_signal(signal.SIGKILL) if number == KILLED_AT_REQUEST else None
        sync.communicate(timeout=120)
        assert sync.returncode == -signal.SIGKILL
        assert not list((landing / "stripe").rglob("*.jsonl")), "nothing shows up before all of it does"
        server.on_request = None
        again = start_sync(landing, home, server.address)
        told, _ = again.communicate(timeout=120)
        assert again.returncode == 0, told
    assert "going on where it stopped" in told
    assert API_KEY not in told
    run(landing, home, TINY.as_of)

    expected = snapshot(tiny_home.root)
    assert row_count(expected) > 500
    assert differences(expected, snapshot(home)) == []

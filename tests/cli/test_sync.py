"""`tieout sync` at the command line: exit statuses, one clear line, and never the key."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stripe_server.faults import Faults
from tests.stripe_server.server import API_KEY, StripeServer

TINY = Path(__file__).parents[1] / "golden" / "worlds" / "tiny" / "landing"


@pytest.fixture(scope="module")
def server() -> Iterator[StripeServer]:
    with StripeServer(TINY, Faults(by_number={3: "500"}), forbidden=("payout",)) as running:
        yield running


def tieout_sync(folder: Path, key: str | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "STRIPE_API_KEY"}
    environment |= {"NO_PROXY": "127.0.0.1"} | ({} if key is None else {"STRIPE_API_KEY": key})
    command = [
        sys.executable,
        "-m",
        "app.cli.main",
        "sync",
        "--landing",
        str(folder / "l"),
        "--home",
        str(folder / "h"),
    ]
    return subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, timeout=120)


def test_without_a_key_it_says_which_variable(tmp_path: Path) -> None:
    done = tieout_sync(tmp_path, None)

    assert done.returncode == 2
    assert done.stderr.startswith("tieout: no key: set STRIPE_API_KEY")
    assert done.stderr.count("\n") == 1


def test_a_refused_key_is_a_bad_argument_and_not_shown(tmp_path: Path, server: StripeServer) -> None:
    done = tieout_sync(tmp_path, "rk_tieout_wrong_key", "--base", server.address)

    assert done.returncode == 2
    assert "does not accept the key in STRIPE_API_KEY" in done.stderr
    assert "rk_tieout_wrong_key" not in done.stdout + done.stderr


@pytest.mark.parametrize("address", ["http://api.example.com", "api.stripe.com", "ftp://localhost"])
def test_the_key_is_not_sent_in_the_clear(tmp_path: Path, address: str) -> None:
    done = tieout_sync(tmp_path, API_KEY, "--base", address)

    assert done.returncode == 2
    assert "base address" in done.stderr


def test_nobody_there_is_a_sync_that_could_not_finish(tmp_path: Path) -> None:
    done = tieout_sync(tmp_path, API_KEY, "--base", "http://127.0.0.1:9", "--attempts", "1")

    assert done.returncode == 1
    assert "failed" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_tells_progress_counts_calls_and_what_the_key_lacks(tmp_path: Path, server: StripeServer) -> None:
    done = tieout_sync(tmp_path, API_KEY, "--base", server.address, "--as-of", "2026-11-01T01:00:00Z")

    assert done.returncode == 0, done.stderr
    assert "invoice: 50 read, 50 new or changed" in done.stderr
    assert "meter event summaries: 82 calls to make" in done.stderr
    assert "may not be read: payout; the key lacks “Payouts: Read”" in done.stdout
    told = done.stderr.index("82 calls to make")
    assert told < done.stderr.index("meter event summaries: 706 read"), "told before the calls are made"
    everything = [
        done.stdout,
        done.stderr,
        *(p.read_bytes().decode("latin-1") for p in tmp_path.rglob("*") if p.is_file()),
    ]
    assert not any(API_KEY in text for text in everything)

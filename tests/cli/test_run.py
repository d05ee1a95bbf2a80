"""`tieout run` in a process of its own: statuses, messages, and what a stop in the middle leaves."""

import json
import shutil
import signal
import subprocess
import time

import pytest

from tests.conftest import TIEOUT, call_tieout
from tieout.store.home import Home

CANARY = "rk_test_canary_51NeverPrintThis"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--landing", "/nowhere/at/all"], "landing area /nowhere/at/all is not a directory"),
        (["--landing", "LANDING", "--as-of", "yesterday"], "as-of 'yesterday' is not an instant"),
        (["--landing", "LANDING", "--home", "/dev/null"], "/dev/null"),
    ],
)
def test_bad_arguments_give_2_and_one_line(arguments, words, tiny, tmp_path):
    named = [str(tiny.landing) if word == "LANDING" else word for word in arguments]
    home = [] if "--home" in named else ["--home", tmp_path / "home"]
    done = call_tieout("run", *named, *home)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_as_of_that_goes_back_gives_2_and_names_both(tiny, tiny_home):
    done = call_tieout("run", "--landing", tiny.landing, "--home", tiny_home.root, "--as-of", "2026-10-01T00:00:00Z")
    assert done.returncode == 2
    assert "2026-10-01T00:00:00Z" in done.stderr
    assert tiny.as_of in done.stderr


def test_a_bad_setting_gives_2_and_names_it(tiny, tmp_path):
    done = call_tieout(
        "run", "--landing", tiny.landing, "--home", tmp_path / "home", env={"TIEOUT_SNAPSHOTS_KEPT": "none"}
    )
    assert done.returncode == 2
    assert "TIEOUT_SNAPSHOTS_KEPT" in done.stderr


@pytest.mark.slow
def test_a_run_publishes_and_closes_with_a_summary(tiny, tmp_path):
    home = tmp_path / "home"
    done = call_tieout(
        "run", "--landing", tiny.landing, "--home", home, "--as-of", tiny.as_of, env={"STRIPE_API_KEY": CANARY}
    )
    assert done.returncode == 0, done.stderr
    for word in ("usage events", "customers", "invoices", "recomputed", "discrepancies", "seconds"):
        assert word in done.stdout
    customers = json.loads(tiny.truth.read_text())["customers"]
    assert f"customers           {len(customers):,}" in done.stdout
    # a secret is neither printed nor kept
    assert CANARY not in done.stdout + done.stderr
    assert not [path for path in home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_it_ends_cleanly_and_publishes_nothing(tiny, tiny_home, tmp_path, number):
    home = Home(tmp_path / "home")
    shutil.copytree(tiny_home.root, home.root, ignore=shutil.ignore_patterns("lock*"))
    before = home.current_path.read_bytes()
    command = [TIEOUT, "run", "--landing", tiny.landing, "--home", home.root, "--as-of", tiny.as_of]
    with subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "building tables" in line:
                break
        time.sleep(0.3)
        process.send_signal(number)
        told = process.stderr.read()
        status = process.wait(60)
    assert status == 130, told
    assert told.strip().splitlines()[-1] == "tieout: stopped; nothing was published"
    assert home.current_path.read_bytes() == before

"""Readers poll the snapshot while runs publish: none fails, none waits for a run, none sees a mixture."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import World, call_tieout
from tieout.store.home import Home
from tieout.store.snapshots import open_snapshot

# The harshest setting: a snapshot is removed as soon as another is published.
HARSH = {"TIEOUT_SNAPSHOTS_KEPT": "1", "TIEOUT_SNAPSHOT_MIN_AGE_SECONDS": "0"}
READ_SECONDS_MAX = 10


class Poller(threading.Thread):
    """Opens the current snapshot again and again and reads every table of it."""

    def __init__(self, home: Home) -> None:
        super().__init__(daemon=True)
        self.home = home
        self.ended = threading.Event()
        self.reads = 0
        self.seconds_max = 0.0
        self.failures: list[BaseException] = []
        self.seen: dict[str, dict[str, int]] = {}

    def run(self) -> None:
        while not self.ended.is_set():
            started = time.monotonic()
            try:
                self._read()
            except BaseException as error:
                self.failures.append(error)
            self.seconds_max = max(self.seconds_max, time.monotonic() - started)
            time.sleep(0.02)

    def _read(self) -> None:
        with open_snapshot(self.home) as snapshot:
            [newest] = snapshot.rows("select max(run_id) as run_id from marts.pipeline_health")
            assert newest["run_id"] == snapshot.run_id, "the file is not the run's that CURRENT names with it"
            rows = {
                table: snapshot.rows(f"select count(*) as found from marts.{table}")[0]["found"]
                for table in sorted(snapshot.tables())
            }
            assert self.seen.setdefault(snapshot.run_id, rows) == rows, "one run, two states"
            self.reads += 1


def grow(world: World, landing: Path, step: int, steps: int) -> None:
    """Lands the next part of the usage; Stripe and contracts with the first."""
    if step == 0:
        for folder in ("stripe", "contracts"):
            shutil.copytree(world.landing / folder, landing / folder)
    days = sorted((world.landing / "usage").iterdir())
    for day in days[step::steps]:
        shutil.copytree(day, landing / "usage" / day.name)


@pytest.mark.slow
def test_a_polling_reader_never_fails_and_never_sees_a_mixture(tiny: World, tmp_path: Path) -> None:
    landing, home, runs = tmp_path / "landing", Home(tmp_path / "home"), 3
    poller = Poller(home)
    for step in range(runs):
        grow(tiny, landing, step, runs)
        done = call_tieout("run", "-q", "--landing", landing, "--home", home.root, "--as-of", tiny.as_of, env=HARSH)
        assert done.returncode == 0, done.stderr
        if step == 0:
            poller.start()  # from the first publication on there is always something to read
    time.sleep(0.2)
    poller.ended.set()
    poller.join(READ_SECONDS_MAX)

    assert poller.failures == []
    assert len(poller.seen) == runs
    assert len({rows["usage_daily"] for rows in poller.seen.values()}) == runs, "each run published something else"
    assert poller.reads > 10
    assert poller.seconds_max < READ_SECONDS_MAX
    assert len(list(home.snapshots.iterdir())) == 1, "old snapshots are removed"

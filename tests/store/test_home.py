import json
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tieout.store import files
from tieout.store.errors import BadArgument, TieoutError
from tieout.store.home import Current, Home, Published, new_run_id, rfc3339

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


def published(home: Home, run_id: str = "r1") -> Current:
    """A publication with all its files in place."""
    snapshot = home.snapshots / f"{run_id}.duckdb"
    findings = home.findings / f"{run_id}.parquet"
    for path in (snapshot, findings):
        path.write_text("content")
    entry = Published(run_id=run_id, as_of=rfc3339(NOW), path=home.relative(snapshot), published_at=rfc3339(NOW))
    return Current(
        run_id=run_id,
        as_of=rfc3339(NOW),
        published_at=rfc3339(NOW),
        snapshot=home.relative(snapshot),
        findings=home.relative(findings),
        snapshots=(entry,),
    )


def test_a_new_home_has_no_current(home):
    assert home.current() is None


def test_what_is_published_is_read_back_whole(home):
    current = published(home)
    home.publish(current)
    assert home.current() == current


def test_keys_of_a_later_version_are_ignored(home):
    home.publish(published(home))
    content = json.loads(home.current_path.read_text())
    home.current_path.write_text(json.dumps({**content, "from_the_future": 1}))
    assert home.current() == published(home)


def test_a_damaged_current_is_named(home):
    home.current_path.write_text('{"run_id": "r1"')
    with pytest.raises(TieoutError, match=r"CURRENT is damaged"):
        home.current()


def test_publishing_what_is_not_there_changes_nothing(home):
    home.publish(published(home))
    before = home.current_path.read_text()
    with pytest.raises(TieoutError, match=r"nowhere\.duckdb"):
        home.publish(replace(published(home), run_id="r2", snapshot="snapshots/nowhere.duckdb"))
    assert home.current_path.read_text() == before


def test_a_crash_before_the_rename_leaves_the_old_current(home, monkeypatch):
    home.publish(published(home))
    before = home.current_path.read_text()

    def crash(descriptor):
        raise OSError("no power")

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "fsync", crash)
        with pytest.raises(OSError, match="no power"):
            home.publish(published(home, "r2"))
    assert home.current_path.read_text() == before
    home.sweep(runs_kept=1)
    assert not list(home.root.glob(".CURRENT*"))


def test_run_ids_sort_by_time_and_never_repeat():
    ids = [new_run_id() for _ in range(50)]
    assert len(set(ids)) == 50
    assert [i[:22] for i in ids] == sorted(i[:22] for i in ids)


def test_a_home_that_is_a_file_is_a_bad_argument(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadArgument, match="file"):
        Home(tmp_path / "file").create()
    with pytest.raises(BadArgument, match="file"):
        Home(tmp_path / "file" / "below").current()


# ---------------------------------------------------------------- as-of


def test_as_of_never_goes_back(home):
    home.check_as_of(NOW)
    home.publish(published(home))
    home.check_as_of(NOW)
    with pytest.raises(BadArgument, match="2026-10-31T23:59:59Z is earlier than 2026-11-01T00:00:00Z"):
        home.check_as_of(datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC))


# ---------------------------------------------------------------- lock


def test_a_second_run_waits_and_is_told_for_whom(home):
    told: list[str] = []
    order: list[str] = []

    def second():
        with home.lock("second", told.append):
            order.append("second")

    with home.lock("first"):
        thread = threading.Thread(target=second)
        thread.start()
        deadline = time.monotonic() + 10
        while not told and time.monotonic() < deadline:
            time.sleep(0.01)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
    assert len(told) == 1
    assert "waiting for run first of pid" in told[0]
    assert str(home.root) in told[0]


def test_the_lock_of_a_killed_run_is_free(home):
    script = (
        "import sys, time; from pathlib import Path; from tieout.store.home import Home\n"
        "with Home(Path(sys.argv[1])).lock('dead'):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(home.root)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        process.kill()
    told: list[str] = []
    with home.lock("next", told.append):
        assert told == []


# ---------------------------------------------------------------- sweep


def test_what_current_does_not_name_is_removed(home):
    current = published(home, "named")
    warehouse = home.warehouses / "named" / "warehouse.duckdb"
    warehouse.parent.mkdir()
    warehouse.write_text("")
    home.publish(replace(current, warehouse=home.relative(warehouse)))
    rubbish = [
        home.snapshots / "dead.duckdb",
        home.snapshots / ".candidate-dead.duckdb",
        home.snapshots / ".candidate-dead.duckdb.wal",
        home.findings / "dead.parquet",
        home.findings / ".dead.parquet",
        home.health / "dead.parquet",
        home.warehouses / "dead" / "warehouse.duckdb",
    ]
    for path in rubbish:
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    home.sweep(runs_kept=5)
    assert not [path for path in rubbish if path.exists()]
    assert warehouse.exists()
    assert (home.root / current.snapshot).exists()
    assert (home.root / current.findings).exists()


def test_old_run_folders_go_the_newest_stay(home):
    for number in range(5):
        (home.runs / f"2026110{number}T").mkdir()
    home.sweep(runs_kept=2)
    assert sorted(path.name for path in home.runs.iterdir()) == ["20261103T", "20261104T"]


def test_what_a_killed_run_spilled_goes_at_once(home):
    spill = home.runs / "20261101T" / "spill" / "duckdb_temp_storage.tmp"
    spill.parent.mkdir(parents=True)
    spill.write_text("gigabytes")
    home.sweep(runs_kept=5)
    assert not spill.parent.exists()
    assert spill.parent.parent.exists()

"""`tieout demo`: what was planted is found, and nothing else; a second demo costs no new company."""

import json
import shutil
import signal
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from app.cli import demo
from tests.conftest import TIEOUT, call_tieout
from tests.demo_home import END, SMALL, Demo, heed_interrupts
from tieout.core.kinds import KINDS
from tieout.simulator.story import STORY_FAULTS
from tieout.store.home import Home
from tieout.store.snapshots import open_snapshot

DOZEN = 12

#: What a planted fault is told by, beside its kind; the rest of its figures are scored on the worlds.
PLACES = (
    "customer_id",
    "invoice_id",
    "object_id",
    "price_id",
    "meter",
    "expected_minor",
    "actual_minor",
    "impact_minor",
)


def places_of(kind: str) -> tuple[str, ...]:
    """Whose a record is that cannot be read, only the simulator knows."""
    return ("object_id",) if kind == "usage_invalid" else PLACES


def found_in(home: Home) -> list[dict]:
    with open_snapshot(home) as snapshot:
        return snapshot.rows("select * from marts.discrepancies order by kind, object_id, invoice_id")


def test_the_story_has_a_dozen_faults_of_supported_kinds():
    kinds = {fault.partition("/")[0].partition("*")[0] for fault in STORY_FAULTS}
    assert len(kinds) >= DOZEN
    assert kinds <= {kind.name for kind in KINDS}


def test_what_was_planted_is_found_and_nothing_else(demo_home: Demo):
    home = demo_home.home
    truth = json.loads((home.root / "world" / "truth.json").read_text())
    assert truth["skipped_faults"] == []
    planted = truth["faults"]
    assert len({fault["kind"] for fault in planted}) >= DOZEN
    found = found_in(home)
    assert Counter(row["kind"] for row in found) == Counter(fault["kind"] for fault in planted)
    assert {row["status"] for row in found} == {"open"}
    for kind in {fault["kind"] for fault in planted}:
        mine = [fault for fault in planted if fault["kind"] == kind]
        told = [place for place in places_of(kind) if any(fault.get(place) is not None for fault in mine)]
        wanted = Counter(tuple(fault.get(place) for place in told) for fault in mine)
        assert Counter(tuple(row[place] for place in told) for row in found if row["kind"] == kind) == wanted, kind


def test_it_closes_with_a_summary_and_says_what_was_planted(demo_home: Demo):
    for words in ("60 customers", "things gone wrong", "recomputed", "discrepancies", "planted.json", END):
        assert words in demo_home.output
    assert "building tables" in demo_home.progress  # the progress
    assert str(demo_home.home.root) in demo_home.output


def test_a_second_demo_shows_the_same_company_again_and_a_stop_ends_the_dashboard(demo_home: Demo, tmp_path):
    home = Home(shutil.copytree(demo_home.home.root, tmp_path / "home"))
    before = found_in(home)
    world = (home.root / "world" / "truth.json").stat().st_mtime_ns
    arguments = ["demo", "--home", home.root, *SMALL]
    with (tmp_path / "errors").open("w+") as errors:
        process = subprocess.Popen(
            [str(part) for part in (TIEOUT, *arguments)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            preexec_fn=heed_interrupts,
        )
        try:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "Dashboard of" in line:
                    break
            errors.seek(0)
            assert "http://127.0.0.1:" in lines[-1], errors.read()
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.kill()
    assert "the company of the earlier demo" in lines[0]
    assert (home.root / "world" / "truth.json").stat().st_mtime_ns == world
    assert found_in(home) == before


def test_a_home_that_is_no_demos_is_left_alone(tmp_path):
    (tmp_path / "CURRENT").write_text("{}")
    done = call_tieout("demo", "--home", tmp_path, *SMALL, "--no-app")
    assert done.returncode == 2
    assert "not a demo's" in done.stderr
    assert (tmp_path / "CURRENT").read_text() == "{}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--customers", "0"], "customers"), (["--months", "99"], "months"), (["--end", "soon"], "'soon'")],
)
def test_bad_arguments_give_2_and_one_line(arguments, words, tmp_path):
    done = call_tieout("demo", "--home", tmp_path / "home", "--no-app", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "home").exists()


class TestWhatIsDoneWithAnEarlierDemo:
    """`_begin` without a run: small companies, made in this process."""

    def begin(self, home: Home, *, seed: int = 7, end: datetime | None = None) -> str:
        return demo._begin(home, seed, 20, 1, end)

    def test_a_recent_one_is_kept(self, tmp_path):
        home = Home(tmp_path / "home")
        assert "a company of 20 customers" in self.begin(home)
        (home.root / "CURRENT").write_text("of the earlier demo")
        assert "earlier demo" in self.begin(home)
        assert (home.root / "CURRENT").exists()

    def test_an_old_one_is_replaced_with_all_that_was_made_from_it(self, tmp_path, monkeypatch):
        home = Home(tmp_path / "home")
        self.begin(home)
        (home.root / "CURRENT").write_text("of the earlier demo")
        monkeypatch.setattr(demo, "REUSED_FOR", timedelta(0))
        assert "a company of 20 customers" in self.begin(home)
        assert not (home.root / "CURRENT").exists()

    @pytest.mark.parametrize("other", [{"seed": 8}, {"end": datetime(2026, 10, 1, tzinfo=UTC)}])
    def test_one_made_from_other_arguments_is_replaced(self, other, tmp_path):
        home = Home(tmp_path / "home")
        self.begin(home)
        assert "a company of 20 customers" in self.begin(home, **other)

    def test_one_that_was_not_finished_is_replaced(self, tmp_path, monkeypatch):
        home = Home(tmp_path / "home")
        with monkeypatch.context() as patch:
            patch.setattr("tieout.simulator.world.build_world", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                self.begin(home)
        (home.root / "world" / "landing").mkdir(parents=True)
        assert "a company of 20 customers" in self.begin(home)

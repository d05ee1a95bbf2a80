"""When runs happen by themselves, and what is said when one fails."""

import os
import time
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.definitions import defs
from dagster_project.schedules import failure_line, landing_changed, look, tell_of_failure


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "landing"
    (folder / "usage").mkdir(parents=True)
    monkeypatch.setenv("TIEOUT_LANDING", str(folder))
    monkeypatch.setenv("TIEOUT_HOME", str(tmp_path / "home"))
    return folder


def land(folder: Path, name: str, text: str, seconds_ago: int) -> None:
    path = folder / "usage" / name
    path.write_text(text)
    moment = time.time() - seconds_ago
    os.utime(path, (moment, moment))


def test_the_daily_and_the_hourly_schedule_start_the_one_job_and_are_retried() -> None:
    schedules = {schedule.name: schedule for schedule in defs.schedules or []}
    assert {name: schedule.cron_schedule for name, schedule in schedules.items()} == {
        "daily": "30 5 * * *",
        "hourly": "5 * * * *",
    }
    for schedule in schedules.values():
        assert schedule.job_name == "tie_out"
        requests = schedule.evaluate_tick(dg.build_schedule_context()).run_requests
        assert [request.tags["dagster/max_retries"] for request in requests] == ["2"]


def test_landed_files_ask_for_one_run_and_only_when_they_have_settled(landing: Path) -> None:
    context = dg.build_sensor_context()
    assert "is empty" in landing_changed(context).skip_message
    land(landing, "a.jsonl", "{}\n", seconds_ago=5)
    assert "waiting until nothing changes" in landing_changed(context).skip_message
    land(landing, "a.jsonl", "{}\n", seconds_ago=120)
    result = landing_changed(context)
    assert [request.run_key for request in result.run_requests] == [result.cursor]
    again = landing_changed(dg.build_sensor_context(cursor=result.cursor))
    assert "nothing has landed" in again.skip_message
    land(landing, "b.jsonl", "{}\n", seconds_ago=60)
    assert len(landing_changed(dg.build_sensor_context(cursor=result.cursor)).run_requests) == 1


def test_files_that_are_still_being_written_are_not_looked_at(landing: Path) -> None:
    land(landing, ".part.jsonl", "{}\n", seconds_ago=120)
    assert look(landing).files == 0


def test_a_landing_area_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_LANDING", str(tmp_path / "nowhere"))
    assert str(tmp_path / "nowhere") in landing_changed(dg.build_sensor_context()).skip_message


def test_a_failed_run_is_told_in_one_line_with_its_step_and_root_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIEOUT_HOME", str(tmp_path / "home"))

    @dg.op
    def breaks() -> None:
        raise RuntimeError("disk\nis full")

    @dg.job
    def tie_out() -> None:
        breaks()

    with dg.DagsterInstance.ephemeral() as instance:
        result = tie_out.execute_in_process(instance=instance, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            sensor_name="tell_of_failure",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()
        tell_of_failure(context)
    told = capfd.readouterr().err.split("tieout: run ")
    assert len(told) == 2
    lines = told[1].splitlines()
    assert result.run_id in lines[0]
    assert "at breaks" in lines[0]
    assert "disk is full" in lines[0]


def test_the_failure_line_says_what_is_still_good_and_what_to_do() -> None:
    line = failure_line("tie_out", "r1", None, "no space", Path("here"))
    assert "readers keep the last snapshot of here" in line
    assert "start tie_out again" in line


def test_landing_and_publication_have_a_freshness_policy() -> None:
    graph = defs.resolve_asset_graph()
    for name in ("landed_files", "snapshot"):
        assert graph.get(dg.AssetKey(name)).freshness_policy is not None

"""When runs happen by themselves: by the clock, when files land, and what is said when one fails.

All of them start the one job `tie_out` with the settings of the environment (`TIEOUT_LANDING`, `TIEOUT_HOME`). They are
off until somebody turns them on in the web server, but for the failure line, which is always on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dagster as dg

from dagster_project.job import tie_out
from tieout.store.config import load_config

RETRY_TAGS: Final = {"dagster/max_retries": "2", "dagster/retry_strategy": "ALL_STEPS"}
"""A scheduled run that fails is started anew, twice: a full disk or a slow store passes, and a run that failed has
changed nothing. A run at the command line is not retried; somebody is looking at it."""

SETTLED_SECONDS: Final = 30
"""Files that land together are taken together: the sensor waits until nothing has changed for so long."""

daily = dg.ScheduleDefinition(
    name="daily",
    job=tie_out,
    cron_schedule="30 5 * * *",
    execution_timezone="UTC",
    tags=RETRY_TAGS,
    description="Once a day, after the night's files have landed: 05:30 UTC.",
)

hourly = dg.ScheduleDefinition(
    name="hourly",
    job=tie_out,
    cron_schedule="5 * * * *",
    execution_timezone="UTC",
    tags=RETRY_TAGS,
    description="Every hour at five past: finds what is wrong on a draft within its hour of grace.",
)


@dataclass(frozen=True, slots=True)
class LandingState:
    """What a look at the landing area shows: number of files, their bytes, and the newest change in nanoseconds."""

    files: int
    size_bytes: int
    newest_ns: int

    @property
    def cursor(self) -> str:
        return f"{self.files}-{self.size_bytes}-{self.newest_ns}"

    def is_settled(self, now_ns: int) -> bool:
        """Whether nothing has changed for `SETTLED_SECONDS`."""
        return now_ns - self.newest_ns >= SETTLED_SECONDS * 10**9


def look(landing: Path) -> LandingState:
    """Looks at every file of the landing area, without opening any. A file that goes away meanwhile is not counted."""
    files = size = newest = 0
    for path in landing.rglob("*"):
        if any(part.startswith(".") for part in path.relative_to(landing).parts):
            continue  # files that are still being written
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        if path.is_file():
            files, size, newest = files + 1, size + found.st_size, max(newest, found.st_mtime_ns)
    return LandingState(files, size, newest)


@dg.sensor(job=tie_out, minimum_interval_seconds=30, description="Runs when files have landed and settled.")
def landing_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """One run for every new state of the landing area."""
    landing = load_config().landing.resolve()
    if not landing.is_dir():
        return dg.SkipReason(f"landing area {landing} is not there; set TIEOUT_LANDING")
    state = look(landing)
    if state.files == 0:
        return dg.SkipReason(f"landing area {landing} is empty")
    if state.cursor == context.cursor:
        return dg.SkipReason(f"nothing has landed in {landing} since the last run: {state.files:,} files")
    if not state.is_settled(time.time_ns()):
        return dg.SkipReason(f"files are landing in {landing}; waiting until nothing changes for {SETTLED_SECONDS} s")
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=state.cursor, tags={**RETRY_TAGS, "landing_files": str(state.files)})],
        cursor=state.cursor,
    )


def failure_line(job: str, run_id: str, step: str | None, reason: str, home: Path) -> str:
    """What an operator needs of a failed run, in one line: which, where, why, what is still good, what to do."""
    at = f" at {step}" if step else ""
    first = " ".join(reason.split())
    return (
        f"tieout: run {run_id} of {job} failed{at}: {first} | nothing was published, readers keep the last snapshot of "
        f"{home} | a scheduled run is started anew twice; then see the run in Dagster, mend it, and start {job} again"
    )


@dg.run_failure_sensor(
    monitored_jobs=[tie_out],
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes one line for every failed run that an operator can act on.",
)
def tell_of_failure(context: dg.RunFailureSensorContext) -> None:
    """Logs the failure at ERROR, with the step and the root reason."""
    steps = context.get_step_failure_events()
    step = steps[0].step_key if steps else None
    reason = context.failure_event.message or "no reason was given"
    if steps and steps[0].step_failure_data.error is not None:
        error = steps[0].step_failure_data.error
        while error.cause is not None:
            error = error.cause
        reason = error.message
    context.log.error(
        failure_line(
            context.dagster_run.job_name, context.dagster_run.run_id, step, reason, load_config().home.resolve()
        )
    )


SCHEDULES: Final = [daily, hourly]
SENSORS: Final = [landing_changed, tell_of_failure]

"""Runs the job `tie_out` in this process, with the same definitions that the web server and the schedules use."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from dagster_project.progress import Listener, Progress, listening, tell
from tieout.store.errors import TieoutError
from tieout.store.home import Current, Home, new_run_id


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that was published: what is current now, and how long it took from start to publication."""

    current: Current
    seconds: float


def run_tie_out(landing: Path, home: Home, as_of: str, listener: Listener) -> Finished:
    """The whole run.

    Args:
        as_of: an instant as text; empty for now.
        listener: is told every step, also from other threads.

    Raises:
        BadArgument: the landing area, the home, the as-of or a setting cannot be used; nothing was run.
        TieoutError: the run could not finish; nothing was published.
        KeyboardInterrupt: the run was told to stop; nothing was published.
    """
    started = time.monotonic()
    with listening(listener):
        tell(Progress("start"))
        _execute(landing, home, as_of)
    current = home.current()
    if current is None:
        raise TieoutError(f"the run ended and {home.current_path} is not there")
    return Finished(current, time.monotonic() - started)


def _execute(landing: Path, home: Home, as_of: str) -> None:
    import dagster as dg

    from dagster_project.definitions import defs

    home.create()
    run_id = new_run_id()
    home.run_folder(run_id).mkdir(parents=True)
    where = {"landing": str(landing), "home": str(home.root), "as_of": as_of, "run_id": run_id}
    config = {
        "resources": {"run": {"config": where}},
        "loggers": {"run_file": {"config": {"path": str(home.run_folder(run_id) / "dagster.log")}}},
    }
    log = home.run_folder(run_id) / "libraries.log"
    quiet_libraries(log)
    job = defs.resolve_job_def("tie_out")
    try:
        with (
            signals_restored(),
            log.open("a", encoding="utf-8") as prints,
            redirect_stdout(prints),
            dg.DagsterInstance.ephemeral() as instance,
        ):
            job.execute_in_process(run_config=config, instance=instance, raise_on_error=True)
    except dg.DagsterExecutionInterruptedError as error:
        raise KeyboardInterrupt from error
    except Exception as error:
        raise _root(error) from error


@contextmanager
def signals_restored() -> Iterator[None]:
    """Gives SIGINT and SIGTERM back as they were: Dagster maps SIGTERM to whatever SIGINT is, and leaves it so.

    In a shell's background job SIGINT is ignored, and the process could then no longer be told to stop.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Dagster does not touch them there, and Python would not let it
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def quiet_libraries(path: Path) -> None:
    """Sends what libraries say and warn of to a file; errors reach the person as errors, not as log lines."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    for old in root.handlers[:]:
        if getattr(old, "tieout", False):
            root.removeHandler(old)
    handler.tieout = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    logging.captureWarnings(True)
    logging.getLogger("dagster").setLevel(logging.CRITICAL)  # its log lines are in the run's own file


def _root(error: BaseException) -> BaseException:
    """The error that a person can act on, from under the layers that Dagster puts around it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, TieoutError):
            return seen
        seen = getattr(seen, "user_exception", None) or seen.__cause__
    return error

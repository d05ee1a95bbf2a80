"""`tieout` in a process of its own, without its imports each time.

Dagster, dbt and Great Expectations take five seconds of processor time to import, a fifth of a small run. A server
process imports them once; each command is a fork of it, with settings, working directory and output of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "app.cli.main",
        "app.cli.progress",
        "dagster_project.definitions",
        "dbt.cli.main",
        "dbt.adapters.duckdb.connections",
        "great_expectations.expectations",
    ]
)


class Command:
    """A started `tieout`, in a process group of its own; its output is in two files."""

    def __init__(self, arguments: tuple[object, ...], env: Mapping[str, str], folder: Path) -> None:
        self.arguments = [str(argument) for argument in arguments]
        self._output, self._errors = folder / "out", folder / "err"
        self._output.touch()
        self._errors.touch()
        self._process = _FORKS.Process(
            target=_be_tieout,
            args=(self.arguments, dict(env), str(Path.cwd()), str(self._output), str(self._errors)),
        )
        self._process.start()

    def wait(self, timeout: float) -> CompletedProcess[str]:
        """The finished command.

        Raises:
            TimeoutExpired: it still works.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutExpired(["tieout", *self.arguments], timeout)
        return CompletedProcess(
            self.arguments, self._process.exitcode, self._output.read_text(), self._errors.read_text()
        )

    def kill(self) -> None:
        """SIGKILL, children and all."""
        assert self._process.pid is not None
        with suppress(ProcessLookupError):  # it has ended, or has no group yet
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()


def _be_tieout(arguments: list[str], env: dict[str, str], folder: str, output: str, errors: str) -> None:
    for number, path in ((1, output), (2, errors)):  # first, so that whatever goes wrong is told there
        os.dup2(os.open(path, os.O_WRONLY), number)
    os.setsid()
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["tieout", *arguments]

    from app.cli.main import main

    main()


def call(arguments: tuple[object, ...], env: Mapping[str, str], timeout: float) -> CompletedProcess[str]:
    """Runs the command to its end.

    Raises:
        TimeoutExpired: it did not end in time, and was killed.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = Command(arguments, env, Path(folder))
        try:
            return command.wait(timeout)
        except TimeoutExpired:
            command.kill()
            raise

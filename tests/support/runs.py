"""`tieout run` as a person starts it: a process of its own, that can be killed at any moment."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.command import Command, call

RUN_SECONDS_MAX = 900


class RunFailed(AssertionError):
    """`tieout run` did not finish; the message has the end of what it said."""


@dataclass(frozen=True)
class World:
    """A folder with `landing/` and `as_of`."""

    path: Path

    @property
    def landing(self) -> Path:
        return self.path / "landing"

    @property
    def as_of(self) -> str:
        return (self.path / "as_of").read_text().strip()


def _arguments(landing: Path, home: Path, as_of: str) -> tuple[object, ...]:
    return ("run", "-q", "--landing", landing, "--home", home, "--as-of", as_of)


def run(landing: Path, home: Path, as_of: str) -> float:
    """A whole run; its seconds. Raises :class:`RunFailed`."""
    started = time.monotonic()
    _succeeded(call(_arguments(landing, home, as_of), os.environ, RUN_SECONDS_MAX))
    return time.monotonic() - started


def run_together(landing: Path, home: Path, as_of: str) -> float:
    """Two whole runs of one home, started at the same moment; their seconds. Raises :class:`RunFailed`."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        both = [Command(_arguments(landing, home, as_of), os.environ, Path(folder)) for folder in (one, other)]
        for command in both:
            _succeeded(command.wait(RUN_SECONDS_MAX))
    return time.monotonic() - started


def run_and_kill(landing: Path, home: Path, as_of: str, after_s: float) -> bool:
    """Start a run and SIGKILL it, children and all; False when it had finished before."""
    with tempfile.TemporaryDirectory() as folder:
        command = Command(_arguments(landing, home, as_of), os.environ, Path(folder))
        try:
            command.wait(after_s)
        except subprocess.TimeoutExpired:
            command.kill()
            return True
    return False


def snapshot(home: Path) -> Path:
    """The path of the published snapshot."""
    return Path(_succeeded(call(("snapshot", "--home", home), os.environ, RUN_SECONDS_MAX)).stdout.strip())


def _succeeded(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    if done.returncode != 0:
        raise RunFailed(f"tieout {' '.join(done.args)} left with {done.returncode}:\n{done.stderr[-2000:]}")
    return done


def moments(count: int, run_seconds: float, seed: int) -> list[float]:
    """Random moments of a run, a few of them spread evenly so that no part of a run is always spared."""
    chance = random.Random(seed)
    return [(k + chance.random()) / count * run_seconds for k in range(count)]

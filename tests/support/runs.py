"""`tieout run` as a person starts it: a process of its own, that can be killed at any moment."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TIEOUT = Path(sys.executable).parent / "tieout"
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


def _command(landing: Path, home: Path, as_of: str) -> list[str]:
    return [str(TIEOUT), "run", "-q", "--landing", str(landing), "--home", str(home), "--as-of", as_of]


def run(landing: Path, home: Path, as_of: str) -> float:
    """A whole run; its seconds. Raises :class:`RunFailed`."""
    started = time.monotonic()
    done = subprocess.run(
        _command(landing, home, as_of), capture_output=True, text=True, timeout=RUN_SECONDS_MAX, check=False
    )
    if done.returncode != 0:
        raise RunFailed(f"tieout run left with {done.returncode}:\n{done.stderr[-2000:]}")
    return time.monotonic() - started


def run_together(landing: Path, home: Path, as_of: str) -> float:
    """Two whole runs of one home, started at the same moment; their seconds. Raises :class:`RunFailed`."""
    started = time.monotonic()
    both = [
        subprocess.Popen(_command(landing, home, as_of), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        _, said = process.communicate(timeout=RUN_SECONDS_MAX)
        if process.returncode != 0:
            raise RunFailed(f"tieout run left with {process.returncode}:\n{said[-2000:]}")
    return time.monotonic() - started


def run_and_kill(landing: Path, home: Path, as_of: str, after_s: float) -> bool:
    """Start a run and SIGKILL it, children and all; False when it had finished before."""
    process = subprocess.Popen(
        _command(landing, home, as_of), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(timeout=after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def snapshot(home: Path) -> Path:
    """The path of the published snapshot."""
    done = subprocess.run([str(TIEOUT), "snapshot", "--home", str(home)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RunFailed(f"tieout snapshot left with {done.returncode}: {done.stderr}")
    return Path(done.stdout.strip())


def moments(count: int, run_seconds: float, seed: int) -> list[float]:
    """Random moments of a run, a few of them spread evenly so that no part of a run is always spared."""
    chance = random.Random(seed)
    return [(k + chance.random()) / count * run_seconds for k in range(count)]

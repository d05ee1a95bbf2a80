"""Shared fixtures: the small golden world, and one home built from it that all tests read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tests.demo_home import SMALL, Demo
from tests.support.command import call
from tieout.store.home import Home
from tieout.store.snapshots import Snapshot, open_snapshot

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).resolve().parent / "golden"
TIEOUT = Path(sys.executable).parent / "tieout"
RUN_SECONDS_MAX = 300
SLOW_FOLDERS = frozenset({"expected", "models", "reference", "runs", "simulator"})

RunTieout = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class World:
    """A generated company: its landing area, the instant to run at, and the truth."""

    root: Path

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def as_of(self) -> str:
        return (self.root / "as_of").read_text().strip()

    @property
    def truth(self) -> Path:
        return self.root / "truth.json"


def call_tieout(*arguments: object, env: Mapping[str, str] | None = None, timeout: float = RUN_SECONDS_MAX):
    """Runs the command in a process of its own; settings of the caller's shell do not reach it."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TIEOUT_") or k == "TIEOUT_DBT_PROJECT"}
    return call(arguments, {**clean, **(env or {})}, timeout)


def pytest_configure() -> None:
    """Lets SIGINT through to the commands that tests start.

    A shell's background job, as on a build machine, ignores it, and whoever it starts inherits that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that needs a whole run, builds models or makes up a company is slow.

    The slow ones start first, so that the two processes end at about the same time. A file stays in one process; homes
    that several files share are built under a lock.
    """
    for item in items:
        if item.path.relative_to(ROOT).parts[1] in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
        for home in ("tiny_home", "demo_home"):
            if home in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def run_tieout() -> RunTieout:
    """`run_tieout("run", "--landing", …)`: the finished process, with its output and status."""
    return call_tieout


@pytest.fixture(scope="session")
def tiny() -> World:
    """The golden world: 24 customers, two months, both shapes of the API, no fault."""
    return World(GOLDEN / "worlds" / "tiny")


@pytest.fixture(scope="session")
def tiny_home(tiny: World, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which the golden world was run once. Shared by all tests and processes: only read it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    home = Home(shared / "tiny-home")
    with FileLock(shared / "tiny-home.lock"):
        if home.current() is None:
            done = call_tieout("run", "-q", "--landing", tiny.landing, "--home", home.root, "--as-of", tiny.as_of)
            assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def tiny_snapshot(tiny_home: Home) -> Iterator[Snapshot]:
    """The golden world's published snapshot, opened read-only."""
    with open_snapshot(tiny_home) as snapshot:
        yield snapshot


@pytest.fixture(scope="session")
def root() -> Path:
    """The clone's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A small demo. Shared by all tests and processes: only read it, or copy it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    home, output, progress = Home(shared / "demo-home"), shared / "demo-home.out", shared / "demo-home.err"
    with FileLock(shared / "demo-home.lock"):
        if not output.exists():
            done = call_tieout("demo", "--home", home.root, *SMALL, "--no-app")
            assert done.returncode == 0, done.stderr
            progress.write_text(done.stderr)
            output.write_text(done.stdout)
    return Demo(home, output.read_text(), progress.read_text())

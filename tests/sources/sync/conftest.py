"""A home and a landing area that sync from the tiny world, served over HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.stripe_server.account import Json, newest_objects
from tests.stripe_server.faults import Faults
from tests.stripe_server.server import API_KEY, StripeServer
from tieout.sources.stripe_api import SyncReport, SyncSettings, sync
from tieout.sources.sync.state import SyncState

TINY = Path(__file__).parents[2] / "golden" / "worlds" / "tiny" / "landing"
# An hour after the world's as-of, so that the last UTC midnight is the end of its meter windows.
NOW = datetime(2026, 11, 1, 1, tzinfo=UTC)

Serve = Callable[..., StripeServer]
DAY = 86_400
WHOLE = 138  # calls of a first sync: 22 pages of lists, 33 payouts and the one under way, 1 balance, 82 windows
AGAIN = 21  # calls of a sync when nothing happened: 19 lists (prices twice) and two open objects out of their window


def at(days: float) -> int:
    """Unix seconds so many days after the sync's usual now."""
    return int(NOW.timestamp() + days * DAY)


def without_filter_keys(objects: dict[str, dict[str, Json]]) -> dict[str, dict[str, Json]]:
    """The API shows a dispute's transactions without `payout`, which is a filter there."""
    for dispute in objects.get("dispute", {}).values():
        for transaction in dispute["balance_transactions"]:
            transaction.pop("payout", None)
    return objects


@dataclass
class Place:
    """A landing area and a home; ``pull`` syncs them from a server as of an instant."""

    folder: Path

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def settings(self, server: StripeServer, **changed: object) -> SyncSettings:
        quick = {
            "base_address": server.address,
            "as_of": NOW,
            "wait_seconds_first": 0.001,
            "wait_seconds_max": 0.01,
            "timeout_seconds": 30.0,
        }
        return SyncSettings(**{**quick, **changed})  # type: ignore[arg-type]

    def pull(self, server: StripeServer, **changed: object) -> SyncReport:
        server.requests.clear()
        return sync(self.landing, self.home, self.settings(server, **changed))

    def objects(self) -> dict[str, dict[str, Json]]:
        return without_filter_keys(newest_objects(self.landing))

    def files(self) -> set[Path]:
        return {path for path in self.landing.rglob("*") if path.is_file()}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("STRIPE_API_KEY", API_KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return Place(tmp_path)


@pytest.fixture(scope="session")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the home and landing area of one whole sync; not to be changed."""
    place = Place(tmp_path_factory.mktemp("first_sync"))
    with pytest.MonkeyPatch.context() as patch, StripeServer(TINY) as server:
        patch.setenv("STRIPE_API_KEY", API_KEY)
        patch.setenv("NO_PROXY", "127.0.0.1")
        place.pull(server)
    return place.folder


@pytest.fixture
def synced(place: Place, first_sync: Path) -> Place:
    """A place that a first sync has filled: a copy, told where it is now."""
    shutil.copytree(first_sync, place.folder, dirs_exist_ok=True)
    state = SyncState(place.home / "sync" / "state.sqlite")
    with state.step():
        state.put("landing", str(place.landing.resolve()))
    state.close()
    return place


@pytest.fixture
def serve() -> Iterator[Callable[..., StripeServer]]:
    """Starts servers of the tiny world (or of another landing folder) that end with the test."""
    running: list[StripeServer] = []

    def start(landing: Path = TINY, faults: Faults | None = None, **more: object) -> StripeServer:
        server = StripeServer(landing, faults or Faults(), **more)  # type: ignore[arg-type]
        running.append(server.__enter__())
        return server

    yield start
    for server in running:
        server.__exit__()

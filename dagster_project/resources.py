"""The run as a Dagster resource: the home's lock is held from the first step of a job to the last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from dagster_project.progress import Progress, tell
from dagster_project.session import Session, open_session
from tieout.store.config import load_config
from tieout.store.home import new_run_id, resolve_home
from tieout.store.instants import open_instant


class RunResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """One run of one home.

    Attributes:
        landing: the landing area; empty: `TIEOUT_LANDING`, then `landing` beside the home.
        home: the home; empty: `TIEOUT_HOME`, then `.tieout` in the working directory.
        as_of: the instant to run at; empty: now.
        run_id: the run's id; empty: a new one.
    """

    landing: str = ""
    home: str = ""
    as_of: str = ""
    run_id: str = ""

    _session: Session | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[RunResource]:
        config = load_config()
        home = resolve_home(Path(self.home) if self.home else None, config.home)
        landing = Path(self.landing) if self.landing else config.landing
        run_id = self.run_id or new_run_id()
        with open_session(home, landing.resolve(), open_instant(self.as_of), run_id, self._told(context)) as session:
            self._session = session
            yield self
            self._session = None

    @staticmethod
    def _told(context: dg.InitResourceContext):  # type: ignore[no-untyped-def]
        def on_wait(message: str) -> None:
            tell(Progress("wait", detail=message))
            if context.log is not None:
                context.log.info(message)

        return on_wait

    @property
    def session(self) -> Session:
        assert self._session is not None, "the resource is used outside a run"
        return self._session

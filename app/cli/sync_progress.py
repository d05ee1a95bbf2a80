"""Shows a sync: a live line at a terminal, a line per object type elsewhere. Everything goes to standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from tieout.sources.stripe_api import Progress, Silent, kind_in_words

WAIT_SECONDS_TOLD = 2.0
"""Shorter waits are not worth a line."""


@contextmanager
def shown(quiet: bool) -> Iterator[Progress]:
    """A progress that a person can follow, or one that keeps silent."""
    if quiet:
        yield Silent()
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Bars(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bars:
        told = Told(console, bars)
        yield told
        told.close()


class Told:
    """Adds up what is read of one kind, and says it when the next kind begins. Waits come from several threads."""

    def __init__(self, console: Console, bars: Bars) -> None:
        self._console = console
        self._bars = bars
        self._task: TaskID = bars.add_task("asking Stripe", total=None)
        self._what = ""
        self._read = 0
        self._landed = 0
        self._lock = Lock()

    def plan(self, calls: dict[str, int]) -> None:
        self.close()
        for kind, count in calls.items():
            self._say(f"{kind_in_words(kind)}: {count:,} calls to make")

    def read(self, what: str, objects: int, landed: int, calls_left: int | None = None) -> None:
        if what != self._what:
            self.close()
            self._what = what
        self._read += objects
        self._landed += landed
        left = "" if calls_left is None else f", {calls_left:,} calls left"
        self._bars.update(self._task, description=self._line() + left)

    def note(self, text: str) -> None:
        self.close()
        self._say(text)

    def wait(self, seconds: float, why: str) -> None:
        if seconds >= WAIT_SECONDS_TOLD:
            self._say(f"{why}; trying again in {seconds:.0f} s")

    def close(self) -> None:
        """Says the line of the kind that was being read."""
        if self._what:
            self._say(self._line())
        self._what, self._read, self._landed = "", 0, 0

    def _line(self) -> str:
        return f"{kind_in_words(self._what)}: {self._read:,} read, {self._landed:,} new or changed"

    def _say(self, text: str) -> None:
        with self._lock:
            self._console.print(text, markup=False)

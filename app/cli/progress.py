"""Shows a run's steps: a live bar at a terminal, a line per stage elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from dagster_project.progress import Listener, Progress

STAGES = {
    "start": "starting",
    "wait": "waiting",
    "land": "reading what has landed",
    "prepare": "opening the warehouse",
    "build": "building tables",
    "post": "posting to the ledger",
    "candidate": "copying the marts",
    "check": "checking the candidate",
    "publish": "publishing",
    "export": "writing the journal",
    "verify": "walking the chain of batches",
}


@contextmanager
def shown(quiet: bool) -> Iterator[Listener]:
    """A listener that shows each step on standard error, so that standard output stays for the summary."""
    if quiet:
        yield _waits_only
    elif sys.stderr.isatty():
        with _bars() as listener:
            yield listener
    else:
        yield _lines()


def _waits_only(progress: Progress) -> None:
    if progress.stage == "wait":
        print(progress.detail, file=sys.stderr, flush=True)


def _lines() -> Listener:
    started = time.monotonic()
    last = ""

    def listener(progress: Progress) -> None:
        nonlocal last
        if progress.stage == last and progress.stage != "wait":
            return
        last = progress.stage
        words = progress.detail if progress.stage == "wait" else STAGES.get(progress.stage, progress.stage)
        print(f"{time.monotonic() - started:6.1f} s  {words}", file=sys.stderr, flush=True)

    return listener


@contextmanager
def _bars() -> Iterator[Listener]:
    bars = Bars(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[node]}"),
        console=Console(stderr=True),
        transient=True,
    )
    with bars:
        task = bars.add_task("starting", total=None, node="")

        def listener(progress: Progress) -> None:
            words = progress.detail if progress.stage == "wait" else STAGES.get(progress.stage, progress.stage)
            node = progress.detail if progress.stage != "wait" else ""
            bars.update(task, description=words, completed=progress.done, total=progress.total or None, node=node)

        yield listener

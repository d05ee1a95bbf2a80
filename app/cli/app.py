"""`tieout app`: the dashboard, in a process of its own that lives no longer than this one."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, Timer
from typing import Annotated, Final

import typer

from app.cli.options import HomeOption, home_of
from app.cli.stopping import stop_on_sigterm
from tieout.store.errors import BadArgument, TieoutError
from tieout.store.home import Home

ADDRESS = "127.0.0.1"
PORT_DEFAULT = 8501
"""Streamlit's own; it takes the next one that it can bind, which no other dashboard can take from it then."""
START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 5
TOLD: Final = re.compile(rf"http://{re.escape(ADDRESS)}:\d+")
"""Streamlit says it once it listens."""

PortOption = Annotated[
    int | None,
    typer.Option(
        "--port", min=1, max=65535, help=f"The dashboard's port [default: the first free one from {PORT_DEFAULT}]."
    ),
]


@dataclass(frozen=True, slots=True)
class Served:
    """A dashboard that answers, and where a browser finds it."""

    process: subprocess.Popen[str]
    address: str


def app(home: HomeOption = None, port: PortOption = None) -> None:
    """Shows the dashboard of a home; Ctrl-C ends it."""
    where = home_of(home)
    where.current()  # a home that cannot be read is told here; one without a snapshot has a page
    refuse_taken(port)
    stop_on_sigterm()
    serve(where, port)


def serve(home: Home, port: int | None, landing: Path | None = None) -> None:
    """Runs the dashboard and prints its address once it answers. Returns when it is told to stop.

    Without a landing area of its own the dashboard lands acceptances where the settings say.

    Raises:
        TieoutError: the dashboard did not start, or ended by itself.
    """
    try:
        with dashboard(home, port, landing) as served:
            typer.echo(f"Dashboard of {home.root}: {served.address} (Ctrl-C ends it)")
            status = served.process.wait()
    except KeyboardInterrupt:
        return
    if status:
        raise TieoutError(f"the dashboard ended with status {status}")


@contextmanager
def dashboard(home: Home, port: int | None = None, landing: Path | None = None) -> Iterator[Served]:
    """The dashboard while it answers, at the first free port unless one is wanted; it is gone afterwards in any case.

    Raises:
        TieoutError: it ended before it answered, or did not answer in time.
    """
    wanted = [] if port is None else [f"--server.port={port}"]
    process = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "app.dashboard.serve"),
            *(f"--server.address={ADDRESS}", "--logger.hideWelcomeMessage=false", *wanted),
        ],
        env={
            **os.environ,
            "TIEOUT_HOME": str(home.root),
            **({} if landing is None else {"TIEOUT_LANDING": str(landing.resolve())}),
        },
        stdin=subprocess.PIPE,  # never written to; it ends with this process, and the dashboard with it
        stdout=subprocess.PIPE,  # its banner, which has the address; what goes wrong is on standard error
        text=True,
    )
    try:
        yield Served(process, _told_address(process))
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def refuse_taken(port: int | None) -> None:
    """Says so early when the wanted port is taken.

    Raises:
        BadArgument: another program listens there.
    """
    if port is None:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise BadArgument(f"port {port} cannot be used ({error.strerror}); give another with --port") from error


def _told_address(process: subprocess.Popen[str]) -> str:
    """What the banner says, so that no other dashboard's answer is taken for this one's."""
    assert process.stdout is not None
    patience = Timer(START_SECONDS_MAX, process.kill)
    patience.start()
    try:
        for line in process.stdout:
            if told := TOLD.search(line):
                Thread(target=deque, args=(process.stdout, 0), daemon=True).start()  # or its writer would block
                return told[0]
    finally:
        patience.cancel()
    raise TieoutError(f"the dashboard did not start: Streamlit ended with status {process.wait()}")

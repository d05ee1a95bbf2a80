"""`tieout app`: the dashboard, in a process of its own that lives no longer than this one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import HomeOption, home_of
from app.cli.stopping import stop_on_sigterm
from tieout.store.errors import BadArgument, TieoutError
from tieout.store.home import Home

ADDRESS = "127.0.0.1"
PORT_DEFAULT = 8501
PORTS_TRIED = 50
START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 5
POLL_SECONDS = 0.1

PortOption = Annotated[
    int | None,
    typer.Option(
        "--port", min=1, max=65535, help=f"The dashboard's port [default: the first free one from {PORT_DEFAULT}]."
    ),
]


def app(home: HomeOption = None, port: PortOption = None) -> None:
    """Shows the dashboard of a home; Ctrl-C ends it."""
    where = home_of(home)
    where.current()  # a home that cannot be read is told here; one without a snapshot has a page
    stop_on_sigterm()
    serve(where, free_port(port))


def serve(home: Home, port: int, landing: Path | None = None) -> None:
    """Runs the dashboard and prints its address once it answers. Returns when it is told to stop.

    Without a landing area of its own the dashboard lands acceptances where the settings say.

    Raises:
        TieoutError: the dashboard did not start, or ended by itself.
    """
    try:
        with dashboard(home, port, landing) as process:
            typer.echo(f"Dashboard of {home.root}: {address(port)} (Ctrl-C ends it)")
            status = process.wait()
    except KeyboardInterrupt:
        return
    if status:
        raise TieoutError(f"the dashboard ended with status {status}")


@contextmanager
def dashboard(home: Home, port: int, landing: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The dashboard's process while it answers; it is gone afterwards, whatever happens.

    Raises:
        TieoutError: it ended before it answered, or did not answer in time.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "app.dashboard.serve", f"--server.port={port}", f"--server.address={ADDRESS}"],
        env={
            **os.environ,
            "TIEOUT_HOME": str(home.root),
            **({} if landing is None else {"TIEOUT_LANDING": str(landing.resolve())}),
        },
        stdin=subprocess.PIPE,  # never written to; it ends with this process, and the dashboard with it
        stdout=subprocess.DEVNULL,  # its banner; what goes wrong is on standard error
    )
    try:
        _await(process, port)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def address(port: int) -> str:
    """Where a browser finds the dashboard."""
    return f"http://{ADDRESS}:{port}"


def free_port(wanted: int | None) -> int:
    """The port that is wanted, or the first free one from the default on.

    Raises:
        BadArgument: another program listens there.
    """
    candidates = range(PORT_DEFAULT, PORT_DEFAULT + PORTS_TRIED) if wanted is None else [wanted]
    for port in candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ADDRESS, port))
            except OSError as error:
                reason = error.strerror
                continue
            return port
    which = f"port {wanted} cannot" if wanted is not None else f"no port from {PORT_DEFAULT} on can"
    raise BadArgument(f"{which} be used ({reason}); give another with --port")


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise TieoutError(f"the dashboard could not start: Streamlit ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"{address(port)}/_stcore/health", timeout=POLL_SECONDS * 10):
                return
        except OSError:
            time.sleep(POLL_SECONDS)
    raise TieoutError(f"the dashboard did not answer at {address(port)} within {START_SECONDS_MAX} s")

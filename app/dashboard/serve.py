"""`python -m app.dashboard.serve --server.port=…`: Streamlit, for as long as whoever started it lives.

Standard input is a pipe that the starting process keeps open and never writes to. It ends when that process ends, also
when it is killed; then this one ends, too, and no dashboard is left behind on its port.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

import altair as alt
import pyarrow as pa

from tieout.store.config import load_config
from tieout.store.errors import TieoutError
from tieout.store.home import resolve_home
from tieout.store.snapshots import open_snapshot

SERVED = Path(__file__).parent / "addresses.py"


def end_with_the_starter() -> None:
    """Waits in the background for standard input to end, and then ends this process."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        # who read standard output is gone as well, and Streamlit's last words there would fail
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="end with the starter", daemon=True).start()


def get_ready() -> None:
    """Loads what pages stand on, so that the first visitor does not wait for it: half of that page's time was this.

    Whoever starts the dashboard waits for its address anyway.
    """
    alt.Chart(pa.table({"x": [1]})).mark_bar().encode(x="x:Q").to_dict()  # reads the grammar of charts
    with suppress(TieoutError):  # the pages say what is wrong, and look again
        open_snapshot(resolve_home(None, load_config().home)).connection.close()


if __name__ == "__main__":
    end_with_the_starter()
    get_ready()
    sys.argv = ["streamlit", "run", str(SERVED), *sys.argv[1:]]
    runpy.run_module("streamlit", run_name="__main__")

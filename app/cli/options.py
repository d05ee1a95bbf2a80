"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tieout.store.config import load_config
from tieout.store.home import Home, resolve_home

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="The home [default: TIEOUT_HOME, then .tieout in the working directory]."),
]


def home_of(given: Path | None) -> Home:
    """The home that a command means."""
    return resolve_home(given, load_config().home)

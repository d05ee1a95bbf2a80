"""`tieout run`: the whole job in this process, with progress on standard error and a summary on standard output."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.errors import Stopped
from app.cli.options import HomeOption, home_of
from app.cli.stopping import stop_on_sigterm
from tieout.store.config import load_config
from tieout.store.errors import BadArgument
from tieout.store.instants import open_instant


def run(
    landing: Annotated[
        Path | None,
        typer.Option(
            "--landing", help="The landing area [default: TIEOUT_LANDING, then landing in the working directory]."
        ),
    ] = None,
    home: HomeOption = None,
    as_of: Annotated[
        str,
        typer.Option("--as-of", help="The instant that counts as now, such as 2026-11-01T00:00:00Z [default: now]."),
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the summary.")] = False,
) -> None:
    """Reads what has landed, computes, compares, and publishes a new snapshot."""
    where = home_of(home)
    area = landing if landing is not None else load_config().landing
    if not area.is_dir():
        raise BadArgument(f"landing area {area} is not a directory")
    where.check_as_of(open_instant(as_of))
    stop_on_sigterm()

    from app.cli.progress import shown
    from app.cli.summary import summary
    from dagster_project.launch import run_tie_out

    before = where.current()
    try:
        with shown(quiet) as listener:
            finished = run_tie_out(area.resolve(), where, as_of, listener)
    except KeyboardInterrupt:
        is_same = where.current() == before
        raise Stopped("stopped; nothing was published" if is_same else "stopped after it had published") from None
    typer.echo(summary(where, finished.seconds))


__all__ = ["run"]

"""`tieout accept ID`: lands that a finding is known and accepted for now, or no longer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import HomeOption, home_of
from tieout.store.acceptances import Decision, land_decision
from tieout.store.config import load_config
from tieout.store.instants import open_instant


def accept(
    id: Annotated[str, typer.Argument(metavar="ID", help="The discrepancy.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is accepted, or no longer.")],
    by: Annotated[str, typer.Option("--by", help="Who decided.")],
    until: Annotated[
        str | None, typer.Option("--until", help="Until when, as in 2026-12-31T00:00:00Z [default: for good].")
    ] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Takes an earlier acceptance back.")] = False,
    landing: Annotated[
        Path | None,
        typer.Option(
            "--landing", help="The landing area [default: TIEOUT_LANDING, then landing in the working directory]."
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Accepts a discrepancy: the next run shows it apart, as `accepted`, until it runs out or is revoked."""
    decision = Decision(
        discrepancy_id=id,
        reason=reason,
        by=by,
        until=None if until is None else open_instant(until, "until"),
        is_revoked=revoke,
    )
    path = land_decision(home_of(home), landing or load_config().landing, decision)
    status = (
        "open again"
        if revoke
        else "accepted"
        if until is None
        else f"accepted until {decision.until:%Y-%m-%d %H:%M} UTC"
    )
    typer.echo(f"Landed {path}: from the next run on, {id} is {status}.")

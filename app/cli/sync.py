"""`tieout sync`: brings the landing area up to date with a Stripe account; reads only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options import HomeOption, home_of
from app.cli.stopping import stop_on_sigterm
from tieout.store.config import load_config
from tieout.store.errors import TieoutError
from tieout.store.instants import open_instant

if TYPE_CHECKING:
    from tieout.sources.stripe_api import SyncReport


def sync(
    landing: Annotated[
        Path | None,
        typer.Option(
            "--landing", help="The landing area [default: TIEOUT_LANDING, then landing in the working directory]."
        ),
    ] = None,
    home: HomeOption = None,
    base: Annotated[
        str, typer.Option("--base", envvar="TIEOUT_STRIPE_BASE", help="The API's address [default: Stripe's].")
    ] = "",
    full: Annotated[bool, typer.Option("--full", help="Reads every object again, not only new and open ones.")] = False,
    overlap_minutes: Annotated[
        int,
        typer.Option(
            "--overlap-minutes", envvar="TIEOUT_SYNC_OVERLAP_MINUTES", min=0, help="How far back lists are read again."
        ),
    ] = 60,
    workers: Annotated[
        int, typer.Option("--workers", envvar="TIEOUT_SYNC_WORKERS", min=1, max=32, help="Calls at a time.")
    ] = 4,
    timeout: Annotated[
        float,
        typer.Option("--timeout", envvar="TIEOUT_SYNC_TIMEOUT_SECONDS", min=0.1, help="Seconds to wait for an answer."),
    ] = 60.0,
    attempts: Annotated[
        int,
        typer.Option(
            "--attempts", envvar="TIEOUT_SYNC_ATTEMPTS", min=1, max=50, help="Tries of a call before giving up."
        ),
    ] = 8,
    summaries_since: Annotated[
        str, typer.Option("--summaries-since", help="Leaves out meter totals of periods that ended before this date.")
    ] = "",
    as_of: Annotated[
        str, typer.Option("--as-of", help="The instant that counts as now for meter totals [default: now].")
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the summary.")] = False,
) -> None:
    """Pulls what is new, changed or open from Stripe into the landing area (key: STRIPE_API_KEY)."""
    where = home_of(home)
    area = landing if landing is not None else load_config().landing
    stop_on_sigterm()

    from app.cli.sync_progress import shown
    from tieout.sources.stripe_api import SyncSettings
    from tieout.sources.stripe_api import sync as pull

    settings = SyncSettings(
        base_address=base or None,
        overlap_seconds=overlap_minutes * 60,
        summaries_since=open_instant(summaries_since) if summaries_since else None,
        as_of=open_instant(as_of) if as_of else None,
        is_full=full,
        timeout_seconds=timeout,
        attempts_max=attempts,
        workers=workers,
    )
    with shown(quiet) as progress:
        report = pull(area, where.root, settings, progress)
    if quiet:
        for note in report.notes:
            typer.echo(note, err=True)
    typer.echo(summary(report))
    if report.failed:
        raise TieoutError(f"not everything could be read: {', '.join(sorted(report.failed))}")


def summary(report: SyncReport) -> str:
    """The closing words: what was read, what of it was new, and what the key may not read."""
    retried = f", {report.retries:,} tried again" if report.retries else ""
    lines = [
        f"Read {sum(report.read.values()):,} objects in {report.requests:,} calls{retried}; "
        f"landed {sum(report.landed.values()):,} that are new or changed, in {len(report.files):,} files",
        *(f"  {kind:<32}{count:>10,}" for kind, count in sorted(report.landed.items())),
        *(f"  may not be read: {what}; {why}" for what, why in sorted(report.forbidden.items())),
        *(f"  could not be read: {what}; {why}" for what, why in sorted(report.failed.items())),
    ]
    return "\n".join(lines)


__all__ = ["sync"]

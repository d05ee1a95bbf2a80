"""`tieout world`: a made-up company in a folder, with the truth beside it."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tieout.store.errors import BadArgument

if TYPE_CHECKING:
    from tieout.simulator.spec import Progress

_TELL_EVERY_S = 2.0


def world(
    directory: Annotated[Path, typer.Argument(help="Where to put it: a new or empty folder, or a world to replace.")],
    customers: Annotated[int, typer.Option(help="How many customers.")] = 300,
    months: Annotated[int, typer.Option(help="How many months of history before the end.")] = 3,
    faults: Annotated[
        list[str] | None,
        typer.Option(
            help="KIND, KIND/VARIANT, KIND*3, all, or ONE+OTHER on one customer; several times, or with commas."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 1,
    end: Annotated[str, typer.Option(help="The as-of instant, RFC 3339.")] = "2026-11-01T00:00:00Z",
    api: Annotated[str, typer.Option(help="Shape of Stripe's objects: basil, legacy or mixed.")] = "basil",
    events: Annotated[
        int | None, typer.Option(help="About how many usage records [default: 5 per customer and day].")
    ] = None,
    compound: Annotated[int, typer.Option(help="How many faults may meet on one subscription.")] = 1,
    truth: Annotated[
        bool | None,
        typer.Option("--truth/--no-truth", help="Daily usage in truth.json [default: up to 3,000 customers]."),
    ] = None,
) -> None:
    """Make a company: customers, usage, Stripe's objects, and the list of faults that were planted."""
    from tieout.simulator.spec import SpecError, WorldSpec
    from tieout.simulator.world import build_world

    requests = tuple(part for given in faults or () for part in given.split(",") if part)
    try:
        spec = WorldSpec(
            customers=customers,
            months=months,
            end=instant_of(end),
            seed=seed,
            faults=requests,
            api=api,
            events=events,
            compound=compound,
            has_full_truth=truth,
        )
        made = build_world(directory, spec, told_in_lines())
    except SpecError as error:
        raise BadArgument(str(error)) from error
    print(
        f"{directory}: {made.customers:,} customers, {made.usage_records:,} usage records, {made.invoices:,} invoices, "
        f"{made.stripe_objects:,} Stripe objects, {made.payouts:,} payouts, {made.faults} faults, {made.seconds:.1f} s"
    )
    if made.skipped_faults:
        print(f"{made.skipped_faults} faults found no place (see skipped_faults in truth.json)", file=sys.stderr)


def instant_of(text: str) -> datetime:
    """An instant as text; UTC when it states no zone."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadArgument(f"end is not an instant: {text!r}; give one like 2026-11-01T00:00:00Z") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def told_in_lines() -> Progress:
    """Tells on standard error how far it is, every two seconds."""
    told = time.monotonic()

    def tell(what: str, done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told >= _TELL_EVERY_S:
            told = time.monotonic()
            print(f"  {what} {done:,} of {total:,}", file=sys.stderr, flush=True)

    return tell

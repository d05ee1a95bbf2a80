"""`tieout demo`: a made-up company with things gone wrong, the whole run over it, and the dashboard."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.app import PortOption, refuse_taken, serve
from app.cli.stopping import stop_on_sigterm
from app.cli.world import instant_of, told_in_lines
from tieout.store.errors import BadArgument
from tieout.store.files import remove, replace_text
from tieout.store.home import Home, new_run_id, rfc3339

if TYPE_CHECKING:
    from tieout.simulator.spec import WorldSpec

HOME_DEFAULT = Path(".tieout-demo")
MARK = "demo.json"
WORLD = "world"
REUSED_FOR = timedelta(hours=24)
"""Without `--end`, the company of an earlier demo is shown again for so long; then it is made anew, up to now."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the home's company was made from; `is_made` once it is complete."""

    seed: int
    customers: int
    months: int
    end: str
    is_made: bool


def demo(
    seed: Annotated[int, typer.Option(help="The same seed and end give the same company.")] = 7,
    customers: Annotated[int, typer.Option(help="How many customers.")] = 300,
    months: Annotated[int, typer.Option(help="How many months of history.")] = 3,
    end: Annotated[str, typer.Option(help="The instant the history ends [default: the last full hour].")] = "",
    home: Annotated[Path, typer.Option("--home", help="The demo's own home.")] = HOME_DEFAULT,
    port: PortOption = None,
    app: Annotated[bool, typer.Option("--app/--no-app", help="Whether the dashboard follows.")] = True,
) -> None:
    """Makes up a company, runs everything over it, and shows the dashboard; Ctrl-C ends it."""
    where = Home(home)
    until = instant_of(end) if end else None
    if app:
        refuse_taken(port)
    stop_on_sigterm()
    typer.echo(_begin(where, seed, customers, months, until))

    from app.cli.progress import shown
    from app.cli.summary import summary
    from dagster_project.launch import run_tie_out

    world = where.root / WORLD
    with shown(quiet=False) as listener:
        finished = run_tie_out(world / "landing", where, (world / "as_of").read_text().strip(), listener)
    typer.echo(summary(where, finished.seconds))
    typer.echo(f"Planted faults, to compare: {world / 'planted.json'}")
    if app:
        serve(where, port, world / "landing")


def _begin(home: Home, seed: int, customers: int, months: int, end: datetime | None) -> str:
    """Puts the wanted company into the home, unless it is there from an earlier demo. Says which."""
    from tieout.simulator.spec import SpecError
    from tieout.simulator.story import story_spec

    try:
        spec = story_spec(seed=seed, customers=customers, months=months, end=end)
    except SpecError as error:
        raise BadArgument(str(error)) from error
    _refuse_other_homes(home)
    with home.lock(new_run_id(), on_wait=lambda message: typer.echo(message, err=True)):
        earlier = _made(home)
        if earlier is not None and _is_still_good(earlier, spec, is_end_given=end is not None):
            return f"{home.root}: the company of the earlier demo, up to {earlier.end}"
        _clear(home)
        return _make(home, spec)


def _make(home: Home, spec: WorldSpec) -> str:
    from tieout.simulator.world import build_world

    made = Made(spec.seed, spec.customers, spec.months, rfc3339(spec.end), is_made=False)
    _mark(home, made)
    summary = build_world(home.root / WORLD, spec, told_in_lines())
    _mark(home, Made(made.seed, made.customers, made.months, made.end, is_made=True))
    return (
        f"{home.root}: a company of {summary.customers:,} customers, {summary.usage_records:,} usage records and "
        f"{summary.invoices:,} invoices up to {made.end}, with {summary.faults} things gone wrong "
        f"({summary.seconds:.1f} s)"
    )


def _is_still_good(earlier: Made, spec: WorldSpec, *, is_end_given: bool) -> bool:
    if not earlier.is_made or (earlier.seed, earlier.customers, earlier.months) != (
        spec.seed,
        spec.customers,
        spec.months,
    ):
        return False
    end = datetime.fromisoformat(earlier.end)
    return end == spec.end if is_end_given else datetime.now(UTC) - end < REUSED_FOR


def _refuse_other_homes(home: Home) -> None:
    """A demo replaces what is in its home, so that must be a demo's."""
    if home.root.is_dir() and any(home.root.iterdir()) and not (home.root / MARK).is_file():
        raise BadArgument(f"{home.root} is not empty and not a demo's; give the demo a home of its own with --home")


def _clear(home: Home) -> None:
    """Removes everything but the lock, which is held."""
    for path in home.root.iterdir():
        if path not in (home.lock_path, home.holder_path, home.root / MARK):
            remove(path)
    home.create()


def _made(home: Home) -> Made | None:
    try:
        return Made(**json.loads((home.root / MARK).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _mark(home: Home, made: Made) -> None:
    replace_text(home.root / MARK, json.dumps(asdict(made)) + "\n")

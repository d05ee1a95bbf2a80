"""Ways to bring the same world in: each must publish the same rows. Used by the tests and, longer, by `make soak`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from tests.support.ledger_watch import LedgerWatch
from tests.support.portions import by_files, by_records, land, land_again
from tests.support.published import differences
from tests.support.runs import World, moments, run, run_and_kill, run_together, snapshot

Say = Callable[[str], None]


def silent(_: str) -> None:
    """Says nothing."""


def baseline(world: World, scratch: Path) -> tuple[Path, float]:
    """The snapshot of one run over everything, and the run's seconds."""
    home = scratch / "baseline"
    seconds = run(world.landing, home, world.as_of)
    return snapshot(home), seconds


def in_portions(world: World, scratch: Path, expected: Path, count: int, seed: int, say: Say = silent) -> list[str]:
    """Whole files in random order, `count` portions, a run after each, a day apart; then everything landed twice."""
    landing, home = scratch / "portions-landing", scratch / "portions-home"
    watch = LedgerWatch(home)
    for number, portion in enumerate(by_files(world.landing, scratch / "portions", count, seed), 1):
        land(portion, landing)
        as_of = datetime.fromisoformat(world.as_of) - timedelta(days=count - number)
        say(f"portion {number} of {count}: {run(landing, home, as_of.isoformat()):.1f} s")
        watch.look()
    out = [f"in {count} portions: {d}" for d in differences(expected, snapshot(home))]
    land_again(landing)
    say(f"everything twice: {run(landing, home, world.as_of):.1f} s")
    watch.look()
    out += [f"landed twice: {d}" for d in differences(expected, snapshot(home))]
    return [*out, *watch.problems()]


def in_records(world: World, scratch: Path, count: int, seed: int, say: Say = silent) -> list[str]:
    """Records cut apart: the pieces one after the other with a run after each, against all pieces at once."""
    portions = by_records(world.landing, scratch / "records", count, seed)
    landing, home = scratch / "records-landing", scratch / "records-home"
    for number, portion in enumerate(portions, 1):
        land(portion, landing)
        say(f"records {number} of {count}: {run(landing, home, world.as_of):.1f} s")
    at_once = scratch / "records-at-once"
    say(f"records at once: {run(landing, at_once, world.as_of):.1f} s")
    return [f"cut by records: {d}" for d in differences(snapshot(at_once), snapshot(home))]


def killed(
    world: World, scratch: Path, expected: Path, count: int, run_seconds: float, seed: int, say: Say = silent
) -> list[str]:
    """Killed `count` times: half of them in the first run, half in a later one that adds files; then let finish.

    At the end of each half two runs are started together; one waits for the other.
    """
    landing, home = scratch / "killed-landing", scratch / "killed-home"
    first, second = by_files(world.landing, scratch / "killed", 2, seed)
    kills, watch = 0, LedgerWatch(home)
    for stage, (portion, times) in enumerate(((first, (count + 1) // 2), (second, count // 2))):
        land(portion, landing)
        for moment in moments(times, run_seconds, seed + stage) if times else []:
            was_killed = run_and_kill(landing, home, world.as_of, moment)
            kills += was_killed
            say(f"killed after {moment:.1f} s" if was_killed else f"finished before {moment:.1f} s")
        say(f"two together: {run_together(landing, home, world.as_of):.1f} s")
        watch.look()
    out = [f"killed {kills} times: {d}" for d in differences(expected, snapshot(home))]
    out += watch.problems()
    return out if kills else [*out, "no run was killed: the moments were all too late"]

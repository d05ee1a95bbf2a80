"""What is measured. Each measure makes its own world and home below a scratch folder and gives rows of a table."""

from __future__ import annotations

import gzip
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from tests.support.portions import landed_files
from tieout.simulator import WorldSpec, WorldSummary, build_world

TIEOUT = Path(sys.executable).parent / "tieout"
USAGE_MODELS = ("int_usage_contents", "int_usage_events")


@dataclass(frozen=True)
class Row:
    """One measured figure."""

    measure: str
    value: float
    unit: str
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Say = Callable[[str], None]


def make_world(path: Path, say: Say, **fields: Any) -> WorldSummary:
    """A world, said with its size."""
    made = build_world(path, WorldSpec(**fields))
    say(f"made {made.customers:,} customers, {made.usage_records:,} usage records in {made.seconds:.1f} s")
    return made


def run(landing: Path, home: Path, as_of: str) -> float:
    """Seconds of a whole run in a process of its own."""
    started = time.monotonic()
    command = [str(TIEOUT), "run", "-q", "--landing", str(landing), "--home", str(home), "--as-of", as_of]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"tieout run left with {done.returncode}: {done.stderr[-2000:]}")
    return time.monotonic() - started


def peak_memory_mb() -> float:
    """The largest child process so far."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def node_seconds(home: Path) -> dict[str, float]:
    """Seconds of each dbt node in the home's newest run."""
    newest = max(home.glob("runs/*/**/run_results.json"), key=lambda p: p.stat().st_mtime)
    results = json.loads(newest.read_text())["results"]
    return {r["unique_id"].rsplit(".", 1)[-1]: r["execution_time"] for r in results}


def floor_seconds(home: Path, exact_dedupe: bool) -> float:
    """The least that one could do with the landed usage: group it, with or without exact dedupe, and nothing else."""
    source = f"read_parquet('{home}/lake/usage_records/*.parquet')"
    if exact_dedupe:
        source = (
            "(select any_value(customer_ref) as customer_ref, any_value(meter) as meter, any_value(value) as value, "
            f"min(occurred_at) as occurred_at from {source} group by event_id)"
        )
    query = f"select customer_ref, meter, occurred_at::date, sum(value), count(*) from {source} group by all"
    with duckdb.connect(config={"threads": 2}) as connection:
        started = time.monotonic()
        connection.execute(f"create table floor as {query}")
        return time.monotonic() - started


def landing_and_dedupe(scratch: Path, events: int, say: Say) -> list[Row]:
    """Events per second through the landing and through dedupe, beside the floor over the same Parquet."""
    from tieout.sources.landing import land

    made = make_world(scratch / "usage", say, customers=300, months=3, events=events, has_full_truth=False)
    lake, landing = scratch / "usage-lake", scratch / "usage" / "landing"
    stripe, aside = landing / "stripe", scratch / "usage-stripe"
    stripe.rename(aside)  # usage alone
    started = time.monotonic()
    land(landing, lake / "lake", None, "bench")
    landing_s = time.monotonic() - started
    aside.rename(stripe)
    say(f"landed in {landing_s:.1f} s")
    grouped, deduped = (floor_seconds(lake, exact) for exact in (False, True))
    home = scratch / "usage-home"
    run_s = run(landing, home, (scratch / "usage" / "as_of").read_text().strip())
    nodes = node_seconds(home)
    dedupe_s = sum(nodes.get(name, 0.0) for name in USAGE_MODELS)
    slowest = sorted(nodes.items(), key=lambda item: -item[1])[:3]
    n = made.usage_records
    return [
        Row("usage landed", n / landing_s, "events/s", f"{n:,} events of three shapes in four formats"),
        Row("usage deduplicated", n / max(dedupe_s, 1e-6), "events/s", " + ".join(USAGE_MODELS)),
        Row("floor: group by", n / grouped, "events/s", "one query over the landed Parquet"),
        Row("floor: exact dedupe, group by", n / deduped, "events/s", "the same with dedupe by id"),
        Row("landing + dedupe / exact floor", (landing_s + dedupe_s) / deduped, "ratio"),
        Row("whole run", run_s, "s", "slowest: " + ", ".join(f"{name} {s:.1f} s" for name, s in slowest)),
        Row("peak memory of a run", peak_memory_mb(), "MB", f"{n:,} usage events"),
    ]


def one_more_day(scratch: Path, customers: int, say: Say) -> list[Row]:
    """A run over one more day's files against a run over everything."""
    world = scratch / "day"
    end = datetime(2026, 11, 1, tzinfo=UTC)
    make_world(world, say, customers=customers, months=3, end=end, has_full_truth=False)
    before, landing = scratch / "day-landing", world / "landing"
    held_back = hold_back(landing, before, end - timedelta(days=1))
    home, as_of = scratch / "day-home", (world / "as_of").read_text().strip()
    first_s = run(before, home, (end - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    say(f"all but the last day: {first_s:.1f} s")
    for name in held_back:
        target = before / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(held_back[name])
    more_s = run(before, home, as_of)
    say(f"one more day: {more_s:.1f} s")
    full_s = run(before, scratch / "day-full", as_of)
    same_s = run(before, home, as_of)
    return [
        Row("run over everything", full_s, "s", f"{customers} customers, 3 months"),
        Row("run over one more day", more_s, "s"),
        Row("run over nothing new", same_s, "s"),
        Row("one more day / everything", more_s / full_s, "ratio"),
    ]


def hold_back(landing: Path, out: Path, instant: datetime) -> dict[str, bytes]:
    """Copies what had landed by an instant to ``out``; gives the files that come after it, by name.

    Usage folders from that day on and events created from then on come after; listings are as they are.
    """
    later: dict[str, bytes] = {}
    day = f"dt={instant:%Y-%m-%d}"
    for name in landed_files(landing):
        source, text = landing / name, name.as_posix()
        if text.startswith("usage/") and name.parts[1] >= day:
            later[text] = source.read_bytes()
        elif "/events/" in text:
            lines = gzip.decompress(source.read_bytes()).splitlines(keepends=True)
            is_new = [json.loads(line)["created"] >= instant.timestamp() for line in lines]
            old = [line for line, late in zip(lines, is_new, strict=True) if not late]
            new = [line for line, late in zip(lines, is_new, strict=True) if late]
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(gzip.compress(b"".join(old), mtime=0))
            if new:
                later[text.replace(".jsonl.gz", "-later.jsonl.gz")] = gzip.compress(b"".join(new), mtime=0)
        else:
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return later

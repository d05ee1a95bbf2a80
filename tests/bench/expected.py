"""What the expected invoices of a clean world cost, at two sizes: seconds, memory, and what twice the customers cost.

Both sizes go through the whole run, with the settings that a run has by itself. The seconds are those in which at least
one of the models that expected invoices are made of, down to the landed objects and usage, was being built in that very
run; other models are built beside them, so they never flatter.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.bench.measures import TIEOUT, Row, Say, make_world
from tieout.store.config import load_config

MARTS = ("expected_invoices", "expected_invoice_lines")
SECONDS_MAX = 60
MEMORY_MB_MAX = 2048
DOUBLING_MAX = 2.2
#: Usage is the cost of the landing and of dedupe, which have a measure of their own; each subscription needs some.
EVENTS_PER_CUSTOMER = 50


@dataclass(frozen=True)
class Cost:
    """One size: seconds of the expected models and of the run, the run's peak memory, and the slowest models."""

    customers: int
    expected_s: float
    run_s: float
    peak_mb: float
    slowest: str


def expected_models(home: Path) -> frozenset[str]:
    """Every model that expected invoices are made of, from the manifest of the home's newest run."""
    newest = max(home.glob("runs/*/dbt/manifest.json"), key=lambda path: path.stat().st_mtime)
    parents: dict[str, list[str]] = json.loads(newest.read_text())["parent_map"]
    waiting = [f"model.tieout.{mart}" for mart in MARTS]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node not in found and node.startswith("model."):
            found.add(node)
            waiting += parents[node]
    return frozenset(node.rsplit(".", 1)[-1] for node in found)


def built(home: Path) -> dict[str, tuple[datetime, datetime]]:
    """When each of these models began and ended to be built in the home's newest run."""
    newest = max(home.glob("runs/*/dbt/run_results.json"), key=lambda path: path.stat().st_mtime)
    models = expected_models(home)
    found = {}
    for result in json.loads(newest.read_text())["results"]:
        name = result["unique_id"].rsplit(".", 1)[-1]
        for step in result["timing"]:
            if name in models and step["name"] == "execute":
                began, ended = (datetime.fromisoformat(step[key]) for key in ("started_at", "completed_at"))
                found[name] = began, ended
    return found


def seconds_covered(spans: Iterable[tuple[datetime, datetime]]) -> float:
    """Seconds that lie in at least one of the spans."""
    covered, reached = 0.0, None
    for began, ended in sorted(spans):
        since = began if reached is None else max(began, reached)
        covered += max((ended - since).total_seconds(), 0.0)
        reached = ended if reached is None else max(reached, ended)
    return covered


def measured_run(landing: Path, home: Path, as_of: str, log: Path) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a whole run in a process of its own."""
    command = [str(TIEOUT), "run", "-q", "--landing", str(landing), "--home", str(home), "--as-of", as_of]
    started = time.monotonic()
    with log.open("w") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"tieout run left with {child.returncode}: {log.read_text()[-2000:]}")
    return time.monotonic() - started, usage.ru_maxrss / 1024


def cost_of(scratch: Path, customers: int, months: int, say: Say) -> Cost:
    """Makes a clean world, runs it, and removes both again."""
    world, home = scratch / f"expected-{customers}", scratch / f"expected-{customers}-home"
    make_world(
        world, say, customers=customers, months=months, events=customers * EVENTS_PER_CUSTOMER, has_full_truth=False
    )
    as_of = (world / "as_of").read_text().strip()
    run_s, peak_mb = measured_run(world / "landing", home, as_of, scratch / "run.log")
    spans = built(home)
    shutil.rmtree(world)
    shutil.rmtree(home)
    nodes = {name: (ended - began).total_seconds() for name, (began, ended) in spans.items()}
    slowest = sorted(nodes.items(), key=lambda item: -item[1])[:3]
    cost = Cost(
        customers,
        seconds_covered(spans.values()),
        run_s,
        peak_mb,
        ", ".join(f"{name} {seconds:.1f} s" for name, seconds in slowest),
    )
    say(f"{customers:,} customers: expected invoices {cost.expected_s:.1f} s of {run_s:.1f} s, {peak_mb:,.0f} MB")
    return cost


def expected_invoices(scratch: Path, customers: int, months: int, say: Say) -> list[Row]:
    """Half the customers first, then all of them."""
    half, whole = (cost_of(scratch, size, months, say) for size in (customers // 2, customers))
    rows = []
    for cost in (half, whole):
        size = f"{cost.customers:,} customers, {months} months"
        rows += [
            Row("expected invoices", cost.expected_s, "s", f"{size} (at most {SECONDS_MAX}); slowest: {cost.slowest}"),
            Row("their whole run", cost.run_s, "s", size),
            Row(
                "its peak memory",
                cost.peak_mb,
                "MB",
                f"{size}, memory_limit {load_config().memory_limit} (at most {MEMORY_MB_MAX:,})",
            ),
        ]
    ratio = whole.expected_s / half.expected_s
    rows.append(Row("twice the customers", ratio, "ratio", f"expected invoices (at most {DOUBLING_MAX})"))
    return rows

"""What the expected invoices of a clean world cost, at two sizes: seconds, memory, and what twice the customers cost.

Both sizes go through the whole run; the seconds are those of the models that make expected invoices, as dbt states
them for that very run. They are summed, though two models run at a time, so they never flatter.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measures import TIEOUT, Row, Say, make_world, node_seconds

MODELS = Path(__file__).resolve().parents[2] / "dbt" / "models"
SECONDS_MAX = 60
MEMORY_MB_MAX = 2048
DOUBLING_MAX = 2.2
#: Usage is the cost of the landing and of dedupe, which have a measure of their own; each subscription needs some.
EVENTS_PER_CUSTOMER = 50
#: DuckDB takes what it may, half of the machine by default, and spills beyond it; the rest of a run takes some 550 MB.
MEMORY_LIMIT = os.environ.get("TIEOUT_MEMORY_LIMIT", "1GB")


@dataclass(frozen=True)
class Cost:
    """One size: seconds of the expected models and of the run, the run's peak memory, and the slowest models."""

    customers: int
    expected_s: float
    run_s: float
    peak_mb: float
    slowest: str


def expected_models() -> frozenset[str]:
    """Every model that expected invoices are made of, by the folders they lie in."""
    names = frozenset(
        path.stem for folder in ("intermediate", "marts") for path in MODELS.glob(f"{folder}/expected/*.sql")
    )
    assert names, f"no models of expected invoices below {MODELS}"
    return names


def measured_run(landing: Path, home: Path, as_of: str, log: Path) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a whole run in a process of its own."""
    command = [str(TIEOUT), "run", "-q", "--landing", str(landing), "--home", str(home), "--as-of", as_of]
    started = time.monotonic()
    with log.open("w") as out:
        child = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "TIEOUT_MEMORY_LIMIT": MEMORY_LIMIT}
        )
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
    nodes = {name: seconds for name, seconds in node_seconds(home).items() if name in expected_models()}
    shutil.rmtree(world)
    shutil.rmtree(home)
    slowest = sorted(nodes.items(), key=lambda item: -item[1])[:3]
    cost = Cost(
        customers,
        sum(nodes.values()),
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
                f"{size}, memory_limit {MEMORY_LIMIT} (at most {MEMORY_MB_MAX:,})",
            ),
        ]
    ratio = whole.expected_s / half.expected_s
    rows.append(Row("twice the customers", ratio, "ratio", f"expected invoices (at most {DOUBLING_MAX})"))
    return rows

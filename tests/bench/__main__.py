"""Runs the measurements, prints a table and writes JSON.

    python -m tests.bench [--events N] [--customers N] [--expected-customers N] [--only NAME ...] [--json FILE]

Times on a shared machine wander; the ratios are what to compare from one version to the next.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.anomalies import anomalies_found
from tests.bench.expected import expected_invoices
from tests.bench.ledger import ledger_posting
from tests.bench.measures import Row, landing_and_dedupe, one_more_day
from tests.bench.pages import dashboard_pages

MEASURES = ("usage", "day", "expected", "pages", "ledger", "anomalies")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--expected-customers", type=int, default=20_000, help="the larger of two sizes")
    parser.add_argument("--expected-months", type=int, default=4)
    parser.add_argument("--anomaly-customers", type=int, default=100_000)
    parser.add_argument("--only", nargs="*", choices=MEASURES, default=MEASURES)
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"))
    arguments = parser.parse_args()
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", file=sys.stderr, flush=True)

    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="tieout-bench-") as folder:
        if "usage" in arguments.only:
            rows += landing_and_dedupe(Path(folder), arguments.events, say)
        if "day" in arguments.only:
            rows += one_more_day(Path(folder), arguments.customers, say)
        if "expected" in arguments.only:
            rows += expected_invoices(Path(folder), arguments.expected_customers, arguments.expected_months, say)
        if "pages" in arguments.only:
            rows += dashboard_pages(Path(folder), arguments.expected_customers, say)
        if "ledger" in arguments.only:
            rows += ledger_posting(Path(folder), say)
        if "anomalies" in arguments.only:
            rows += anomalies_found(Path(folder), arguments.anomaly_customers, say)
    for row in rows:
        figure = f"{row.value:,.0f}" if row.value >= 1000 else f"{row.value:.2f}"
        print(f"{row.measure:<32} {figure:>14} {row.unit:<9} {row.note}")
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    body = {"python": platform.python_version(), "machine": platform.machine(), "rows": [r.as_dict() for r in rows]}
    arguments.json.write_text(json.dumps(body, indent=1) + "\n")
    print(f"written to {arguments.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

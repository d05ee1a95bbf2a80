"""Runs every world in a folder and scores what was published: one line each.

    python -m tests.worlds --dir DIR [--score PROGRAM] [--homes DIR] [--only NAME ...] [--details N]

A world is a folder with `landing/` and a file `as_of`. PROGRAM is called as
`PROGRAM --world DIR --snapshot FILE --json --details N`; it answers with one JSON object of sections. Exit status 0
when every world ran and, with a program, every one is perfect.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TIEOUT = Path(sys.executable).parent / "tieout"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--score", default="")
    parser.add_argument("--homes", type=Path, help="keep the homes here; otherwise they are temporary")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--details", type=int, default=0, help="examples per section that is not perfect")
    arguments = parser.parse_args()
    worlds = sorted(path.parent for path in arguments.dir.glob("*/as_of"))
    worlds = [world for world in worlds if not arguments.only or world.name in arguments.only]
    if not worlds:
        print(f"no world in {arguments.dir}: a world is a folder with landing/ and a file as_of", file=sys.stderr)
        return 2
    good = True
    with tempfile.TemporaryDirectory(prefix="tieout-worlds-") as scratch:
        for world in worlds:
            home = (arguments.homes or Path(scratch)) / world.name
            good &= run_world(world, home, arguments.score, arguments.details)
    return 0 if good else 1


def run_world(world: Path, home: Path, score: str, details: int) -> bool:
    """Runs one world in a home of its own and prints its line. True when it ran and all that is scored is perfect."""
    started = time.monotonic()
    as_of = (world / "as_of").read_text().strip()
    ran = call([str(TIEOUT), "run", "-q", "--landing", str(world / "landing"), "--home", str(home), "--as-of", as_of])
    seconds = time.monotonic() - started
    if ran.returncode != 0:
        print(f"{world.name:<16} {seconds:6.1f} s  FAILED: {ran.stderr.strip()}", flush=True)
        return False
    if not score:
        print(f"{world.name:<16} {seconds:6.1f} s  ran", flush=True)
        return True
    snapshot = call([str(TIEOUT), "snapshot", "--home", str(home)]).stdout.strip()
    scored = call([*program(score), "--world", str(world), "--snapshot", snapshot, "--json", "--details", str(details)])
    try:
        report = json.loads(scored.stdout)
    except ValueError:
        print(f"{world.name:<16} {seconds:6.1f} s  NOT SCORED: {scored.stderr.strip()[-500:]}", flush=True)
        return False
    print(f"{world.name:<16} {seconds:6.1f} s  {line(report)}", flush=True)
    for section, text in report.get("examples", []):
        print(f"    {section}: {text[:300]}")
    return bool(report.get("perfect"))


def program(score: str) -> list[str]:
    """The command of a scoring program: a Python file is run with this interpreter."""
    return [sys.executable, score] if score.endswith(".py") else [score]


def call(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def line(report: dict[str, Any]) -> str:
    """The report in a line: the verdict, then each section that has figures."""
    words = ["PERFECT" if report.get("perfect") else "not perfect"]
    for name, section in report.items():
        if not isinstance(section, dict) or name == "kinds" or section.get("ok") is None:
            continue
        if name == "discrepancies" and "found" in section:
            words.append(f"found {section['found']}/{section['planted']}, false {section['false']}")
            words.append(f"(on the faultless {section['false'] - section['false_on_faulted_customers']})")
        elif not section["ok"]:
            figures = ", ".join(f"{k} {v}" for k, v in section.items() if k not in ("ok", "exact_rate"))
            words.append(f"| {name}: {figures}")
    return " ".join(words)


if __name__ == "__main__":
    sys.exit(main())

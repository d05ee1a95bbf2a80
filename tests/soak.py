"""The long form of tests/runs: ten portions, ten pieces by records, everything twice, ten kills; the same rows.

    python -m tests.soak [--world DIR] [--portions N] [--kills N] [--seed S]

Exit status 0 when every way publishes the same rows.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.runs.scenarios import baseline, in_portions, in_records, killed
from tests.support.published import row_count
from tests.support.runs import World

TINY = Path(__file__).parent / "golden" / "worlds" / "tiny"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", type=Path, default=TINY)
    parser.add_argument("--portions", type=int, default=10)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    arguments = parser.parse_args()
    world, started = World(arguments.world.resolve()), time.monotonic()
    print(f"world {world.path.name}, seed {arguments.seed}", flush=True)

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", flush=True)

    with tempfile.TemporaryDirectory(prefix="tieout-soak-") as folder:
        scratch = Path(folder)
        expected, seconds = baseline(world, scratch)
        say(f"one run over everything: {seconds:.1f} s, {row_count(expected):,} rows published")
        found: list[str] = []
        ways: tuple[Callable[[], list[str]], ...] = (
            lambda: in_portions(world, scratch, expected, arguments.portions, arguments.seed, say),
            lambda: in_records(world, scratch, arguments.portions, arguments.seed, say),
            lambda: killed(world, scratch, expected, arguments.kills, seconds, arguments.seed, say),
        )
        for way in ways:
            differences = way()
            found += differences
            for line in differences or ["the same rows"]:
                say(line)
    print("the same rows, whatever way" if not found else f"{len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes the discrepancy kinds as the dbt seed, so that SQL and Python read one declaration.

``python -m tieout.store.kind_seed`` rewrites ``dbt/seeds/discrepancy_kinds.csv``; a test fails while it is behind.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

from tieout.core.kind import SEED_COLUMNS
from tieout.core.kinds import KINDS, root_rank

SEED_PATH: Final = Path(__file__).resolve().parents[2] / "dbt" / "seeds" / "discrepancy_kinds.csv"


def seed_text() -> str:
    """The seed file as text: a header and one line per kind, with ``\\n`` line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(SEED_COLUMNS)
    writer.writerows(kind.seed_row(root_rank(kind)) for kind in KINDS)
    return buffer.getvalue()


def main() -> None:
    """Write the seed file."""
    SEED_PATH.parent.mkdir(parents=True, exist_ok=True)
    SEED_PATH.write_text(seed_text(), encoding="utf-8")


if __name__ == "__main__":
    main()

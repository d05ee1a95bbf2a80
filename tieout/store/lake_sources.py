"""Writes dbt's declaration of the source `lake` from the declared datasets, so that a table is named in one place.

``python -m tieout.store.lake_sources`` rewrites ``dbt/models/staging/lake.yml``; a test fails while it is behind.
"""

from __future__ import annotations

from typing import Final

from tieout.store.config import PROJECT_ROOT
from tieout.store.datasets import DATASETS

SOURCES_PATH: Final = PROJECT_ROOT / "dbt" / "models" / "staging" / "lake.yml"

OTHER_TABLES: Final = {
    "landed_files": "One row per content that has landed, with the smallest path it is known under.",
    "run_parameters": "The run, its as-of instant, the mode and every business setting, in one row.",
    "findings": "The discrepancies as the last publication left them.",
    "ledger_entries": "The ledger's entries as posted before this run.",
    "ledger_postings": "Their postings.",
    "ledger_balances": "What stood on every account, customer and sub-ledger before this run.",
    "ledger_accruals": "Keys of the accruals that the last publication found due; empty when all is built anew.",
    "health": "The pipeline health as the last publication left it.",
}
WORDS: Final = {
    "usage_records": "Usage records that could be read, of all three shapes.",
    "usage_rejects": "Usage records that could not be read.",
    "landing_rejects": "Records of the other folders that could not be read.",
    "contracts": "What was sold, one row per contract line.",
    "acceptances": "Findings that people have accepted.",
    "closes": "Months closed and reopened.",
    "stripe_unknown_objects": "Stripe objects of types that nobody asks for.",
}


def sources_text() -> str:
    """The yml as text."""
    tables = {name: WORDS.get(name, _stripe_words(name)) for name in DATASETS} | OTHER_TABLES
    lines = [
        "# Written by `python -m tieout.store.lake_sources` from tieout/store/datasets.py; do not edit.",
        "sources:",
        "  - name: lake",
        "    schema: lake",
        "    description: Everything that has landed, as views over the lake's immutable Parquet files.",
        "    tables:",
    ]
    for name, words in sorted(tables.items()):
        lines += [f"      - name: {name}", f"        description: {words}"]
    return "\n".join(lines) + "\n"


def _stripe_words(name: str) -> str:
    return f"Every version of Stripe's {name.removeprefix('stripe_').replace('_', ' ')} that has landed."


def main() -> None:
    """Write the file."""
    SOURCES_PATH.write_text(sources_text(), encoding="utf-8")


if __name__ == "__main__":
    main()

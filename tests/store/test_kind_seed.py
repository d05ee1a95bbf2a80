"""The generated seed and the findings' columns say the same as the declarations in Python."""

from __future__ import annotations

import csv
from pathlib import Path

import yaml

from tieout.core.kinds import KINDS
from tieout.store.findings import FINDING_COLUMNS
from tieout.store.kind_seed import SEED_PATH, seed_text

MARTS = Path(__file__).resolve().parents[2] / "dbt" / "models" / "marts"


def test_the_seed_file_is_what_the_declaration_generates() -> None:
    assert SEED_PATH.read_text(encoding="utf-8") == seed_text(), "run: python -m tieout.store.kind_seed"


def test_the_seed_reads_back_as_the_declared_kinds() -> None:
    rows = list(csv.DictReader(seed_text().splitlines()))
    assert [row["kind"] for row in rows] == [kind.name for kind in KINDS]
    assert [row["sentence"] for row in rows] == [kind.sentence for kind in KINDS]


def test_findings_have_the_columns_of_the_published_mart() -> None:
    (path,) = MARTS.rglob("discrepancies.yml")
    (model,) = (m for m in yaml.safe_load(path.read_text())["models"] if m["name"] == "discrepancies")
    contract = {column["name"]: column["data_type"].upper() for column in model["columns"]}
    assert list(contract.items()) == list(FINDING_COLUMNS.items())

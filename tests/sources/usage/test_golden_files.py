"""Dirty and edge-case usage files: one folder each under `tests/golden/usage_files`, named by what must hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.usage.reading import read

SCENARIOS = Path(__file__).parents[2] / "golden" / "usage_files"


@pytest.mark.parametrize("name", sorted(path.name for path in SCENARIOS.iterdir() if path.is_dir()))
def test_golden_files(name: str, tmp_path: Path) -> None:
    expected = json.loads((SCENARIOS / name / "expected.json").read_text(encoding="utf-8"))
    reading = read(SCENARIOS / name / "landing", tmp_path)
    assert sorted(reading.records) == sorted(expected["records"])
    assert reading.reasons() == {place: reject["reason"] for place, reject in expected["rejects"].items()}
    for place, fields in expected["records"].items():
        assert {key: reading.records[place][key] for key in fields} == fields, place
    for place, reject in expected["rejects"].items():
        if "raw" in reject:
            assert reading.rejects[place][1] == reject["raw"], place
    assert reading.result.records == len(expected["records"])
    assert reading.result.quarantined == len(expected["rejects"])
    assert sorted(reading.result.ignored_paths) == expected.get("ignored", [])

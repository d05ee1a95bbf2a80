"""Every wanted object comes out typed, field by field as reviewed, in any version's shape; every other is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sources.stripe.typed_rows import FOLDERS, GOLDEN, lines_of, typed_rows
from tieout.sources.stripe_sql.money_shapes import SHAPES


def _golden(folder: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GOLDEN / folder / "typed.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_field_is_as_reviewed(folder: str) -> None:
    rows = json.loads(json.dumps(typed_rows(lines_of(GOLDEN / folder))))
    golden = _golden(folder)
    for row, wanted in zip(rows, golden, strict=False):
        assert row == wanted
    assert len(rows) == len(golden)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_line_is_found_again_and_none_is_rejected(folder: str) -> None:
    rows = _golden(folder)
    assert {(row["file_hash"], row["line_number"]) for row in rows} == {line[:2] for line in lines_of(GOLDEN / folder)}
    assert not [row for row in rows if row["dataset"] == "landing_rejects"]


def test_objects_of_wanted_types_are_never_unknown() -> None:
    unknown = {row["object_type"] for row in _golden(FOLDERS[0]) if row["dataset"] == "stripe_unknown_objects"}
    assert unknown
    assert not unknown & set(SHAPES)


def test_todays_versions_cover_every_wanted_type_in_every_version() -> None:
    lines = lines_of(GOLDEN / FOLDERS[1])
    versions = {name for name, _, _ in lines}
    seen = {(name, json.loads(text)["object"]) for name, _, text in lines}
    assert seen == {(name, object_type) for name in versions for object_type in SHAPES}
    assert len(versions) == 4


def test_the_versions_differ_in_shape_and_not_in_columns() -> None:
    """The same invoice in the four shapes gives the same columns, but for what the versions really say differently."""
    invoices = [row for row in _golden(FOLDERS[1]) if row["dataset"] == "stripe_invoices" and "event_id" not in row]
    said_only_by_some = {"amount_paid_off_stripe_minor"}
    assert len(invoices) == 4
    assert len({frozenset(row.keys() - said_only_by_some) for row in invoices}) == 1

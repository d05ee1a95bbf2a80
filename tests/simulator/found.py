"""What was published against what was planted: missed, wrong, and too many."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tieout.core.kinds import KIND_BY_NAME

Row = dict[str, Any]


@dataclass
class Found:
    """``hits`` are (fault, row); ``wrong`` those whose figures differ."""

    hits: list[tuple[Row, Row]] = field(default_factory=list)
    missed: list[Row] = field(default_factory=list)
    extra: list[Row] = field(default_factory=list)

    @property
    def wrong(self) -> list[tuple[Row, Row]]:
        keys = ("expected_minor", "actual_minor", "impact_minor")
        return [(f, r) for f, r in self.hits if any(f.get(key) != r[key] for key in keys)]


def compare(faults: list[Row], rows: list[Row]) -> Found:
    """Each row explains one fault at most, and each fault wants one row."""
    found, left = Found(), list(rows)
    for fault in faults:
        row = next((r for r in left if _is_same(fault, r)), None)
        if row is None:
            found.missed.append(fault)
        else:
            left.remove(row)
            found.hits.append((fault, row))
    found.extra = left
    return found


def _is_same(fault: Row, row: Row) -> bool:
    return fault["kind"] == row["kind"] and all(
        _instant(row[column]) in [_instant(fault[column]), *map(_instant, fault.get("alt_period_starts", []))]
        if column == "period_start"
        else row[column] == fault.get(column)
        for column in KIND_BY_NAME[fault["kind"]].identified_by
    )


def _instant(value: Any) -> datetime | None:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at

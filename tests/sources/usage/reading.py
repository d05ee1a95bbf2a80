"""Lands usage files in a scratch lake and gives back what was read, in a form that is easy to compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from tieout.sources.landing import LandingResult, land
from tieout.store.lake import create_lake_views

RECORDS = """
select f.path || ':' || r.line_number as place, shape, id_space, event_id, customer_ref, meter,
    value::varchar as value, strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%f') as occurred_at, fraction_digits,
    strftime(received_at, '%Y-%m-%dT%H:%M:%S.%f') as received_at, voids, properties, payload
from lake.usage_records as r join lake.landed_files as f using (file_hash)
order by f.path, r.line_number
"""
REJECTS = """
select f.path || ':' || r.line_number as place, reason, raw
from lake.usage_rejects as r join lake.landed_files as f using (file_hash)
order by f.path, r.line_number
"""


@dataclass
class Reading:
    """What a landing read: rows by place (`path:line`)."""

    result: LandingResult
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    rejects: dict[str, tuple[str, str]] = field(default_factory=dict)

    def reasons(self) -> dict[str, str]:
        return {place: reason for place, (reason, _) in self.rejects.items()}


def read(landing: Path, home: Path, run_id: str = "run1", previous: Path | None = None) -> Reading:
    result = land(landing, home / "lake", previous, run_id, threads=2)
    with duckdb.connect() as connection:
        create_lake_views(connection, home / "lake", result.manifest)
        reading = Reading(result)
        cursor = connection.execute(RECORDS)
        names = [column[0] for column in cursor.description]
        for row in cursor.fetchall():
            record = dict(zip(names, row, strict=True))
            place = record.pop("place")
            assert place not in reading.records, f"{place} gave two records"
            reading.records[place] = record
        for place, reason, raw in connection.execute(REJECTS).fetchall():
            assert place not in reading.rejects, f"{place} was rejected twice"
            reading.rejects[place] = (reason, raw)
    return reading


def put(landing: Path, name: str, content: bytes | str) -> Path:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path

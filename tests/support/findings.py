"""Homes whose snapshots hold hand-written findings, for what reads snapshots one after the other."""

from __future__ import annotations

from typing import Any

import duckdb

from tieout.store.findings import FINDING_COLUMNS
from tieout.store.home import Current, Home, new_run_id

FINDING = {
    "kind": "line_missing", "category": "lines", "severity": "error", "customer_id": "cus_1", "invoice_id": "in_1",
    "currency": "usd", "expected_minor": 1250, "actual_minor": 0, "impact_minor": 1250, "stage": "billed",
    "status": "open", "first_seen_at": "2026-11-01", "last_seen_at": "2026-11-01", "evidence": "{}",
    "explanation": "Invoice A-1 of Acme lacks USD 12.50 for seats.",
}  # fmt: skip
ANOMALY_COLUMNS = (
    "anomaly_id varchar, customer_id varchar, subject varchar, shape varchar, day date, observed decimal(38, 12), "
    "explanation varchar"
)


def finding(number: int, **changes: Any) -> dict[str, Any]:
    """The finding of that number, with what differs from `FINDING`."""
    return {**FINDING, "discrepancy_id": f"dis_{number}", **changes}


def publish(home: Home, findings: list[dict[str, Any]], anomalies: tuple[tuple[Any, ...], ...] = ()) -> str:
    """Publishes a snapshot with just these rows, as of 2026-11-01. Returns the run's id."""
    home.create()
    run_id = new_run_id()
    path = home.snapshots / f"{run_id}.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        columns = ", ".join(f"{name} {kind}" for name, kind in FINDING_COLUMNS.items())
        connection.execute(f"create table marts.discrepancies ({columns})")
        for row in findings:
            marks = ", ".join("?" for _ in row)
            connection.execute(
                f"insert into marts.discrepancies ({', '.join(row)}) values ({marks})", list(row.values())
            )
        connection.execute(f"create table marts.anomalies ({ANOMALY_COLUMNS})")
        for anomaly in anomalies:
            connection.execute("insert into marts.anomalies values (?, ?, ?, ?, ?, ?, ?)", list(anomaly))
    instant = "2026-11-01T00:00:00Z"
    home.publish(Current(run_id=run_id, as_of=instant, published_at=instant, snapshot=home.relative(path)))
    return run_id

"""Columns of the findings that a run publishes and the next one reads back.

``HOME/findings/<run_id>.parquet`` is a copy of ``marts.discrepancies``; it remembers when a finding was first and last
seen and which ones are resolved. The next run sees it as the view ``lake.findings``, which is empty in a fresh home.
"""

from __future__ import annotations

from typing import Final

#: Column → DuckDB type, in the order of ``marts.discrepancies`` (a test compares with its dbt contract).
FINDING_COLUMNS: Final[dict[str, str]] = {
    "discrepancy_id": "VARCHAR",
    "kind": "VARCHAR",
    "category": "VARCHAR",
    "severity": "VARCHAR",
    "customer_id": "VARCHAR",
    "subscription_id": "VARCHAR",
    "invoice_id": "VARCHAR",
    "price_id": "VARCHAR",
    "meter": "VARCHAR",
    "object_id": "VARCHAR",
    "period_start": "TIMESTAMP",
    "month": "DATE",
    "currency": "VARCHAR",
    "expected_minor": "BIGINT",
    "actual_minor": "BIGINT",
    "impact_minor": "BIGINT",
    "stage": "VARCHAR",
    "first_seen_at": "TIMESTAMP",
    "last_seen_at": "TIMESTAMP",
    "status": "VARCHAR",
    "explanation": "VARCHAR",
    "remedy": "VARCHAR",
    "evidence": "VARCHAR",
}

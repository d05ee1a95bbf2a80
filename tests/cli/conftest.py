"""A home with a small snapshot made by hand, so that reading commands are tested without a run."""

import json

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from tieout.store.config import Config
from tieout.store.findings import FINDING_COLUMNS
from tieout.store.home import Current, Home
from tieout.store.snapshots import build_candidate, name_snapshot
from tieout.store.warehouse import open_warehouse

EVIDENCE = {
    "line_ids": ["il_7"],
    "correctable_until": "2026-11-01 01:00:00",
    "acceptance": {"reason": "later", "by": "ada", "at": "2026-10-20 09:00:00", "until": "2026-10-29 00:00:00"},
    "consequences": [{"level": "invoice", "shows_in": "invoice_total", "id": "in_1", "minor": 1250}],
}
INSTANT = "2026-11-01T00:00:00Z"
FINDINGS = [
    {
        "discrepancy_id": "dis_1", "kind": "line_missing", "category": "lines", "severity": "error",
        "customer_id": "cus_1", "invoice_id": "in_1", "price_id": "price_1", "currency": "usd", "expected_minor": 1250,
        "actual_minor": 0, "impact_minor": 1250, "status": "open", "explanation": "A line of USD 12.50 is not there.",
        "stage": "billed", "remedy": "Charge USD 12.50.",
        "evidence": json.dumps(EVIDENCE), "first_seen_at": "2026-11-01", "last_seen_at": "2026-11-01",
    },
    {
        "discrepancy_id": "dis_2", "kind": "usage_invalid", "category": "ingestion", "severity": "warning",
        "object_id": "usage/a.jsonl:3", "status": "open", "stage": "preventable",
        "explanation": "A record, which is broken.", "evidence": "{}",
        "first_seen_at": "2026-11-01", "last_seen_at": "2026-11-01",
    },
    {
        "discrepancy_id": "dis_3", "kind": "invoice_missing", "category": "invoice", "severity": "critical",
        "customer_id": "cus_2", "currency": "jpy", "expected_minor": 900, "actual_minor": 0, "impact_minor": 900,
        "status": "resolved", "stage": "billed", "explanation": "It came.", "evidence": "{}",
        "first_seen_at": "2026-10-01", "last_seen_at": "2026-10-02",
    },
]  # fmt: skip


@pytest.fixture
def made_home(tmp_path) -> Home:
    home = Home(tmp_path / "home")
    home.create()
    warehouse = open_warehouse(home, Config(threads=1, memory_limit="500MB"), None, "r1")
    with warehouse.connect() as connection:
        connection.execute("create schema marts")
        columns = ", ".join(f"{name} {kind}" for name, kind in FINDING_COLUMNS.items())
        connection.execute(f"create table marts.discrepancies ({columns})")
        for finding in FINDINGS:
            names = ", ".join(finding)
            marks = ", ".join("?" for _ in finding)
            connection.execute(f"insert into marts.discrepancies ({names}) values ({marks})", list(finding.values()))
        connection.execute(
            "create table marts.invoices as select 'in_1' as invoice_id, 'cus_1' as customer_id, 'open' as status, "
            "'usd' as currency, 1000::bigint as total_minor"
        )
        connection.execute(
            "create table marts.invoice_reconciliation as select * from (values "
            "('exp_1', 'in_1', 'price_1', 'usage', 'missing', null, 1250::bigint, null::bigint, 1250::bigint), "
            "('exp_1', 'in_1', 'price_2', 'recurring', 'matched', null, 1000, 1000, 0)) as t(expected_invoice_id, "
            "invoice_id, price_id, kind, status, reason, expected_minor, actual_minor, difference_minor)"
        )
        connection.execute(
            "create table marts.customers as select 'cus_1' as customer_id, 'Acme' as name, 'usd' as currency"
        )
    build_candidate(home, warehouse, "r1", {})
    path = home.relative(name_snapshot(home, "r1"))
    home.publish(Current(run_id="r1", as_of=INSTANT, published_at=INSTANT, snapshot=path))
    return home


@pytest.fixture
def invoke(made_home):
    """Runs a command on the made home, in this process."""
    runner = CliRunner()

    def run(*arguments: str):
        return runner.invoke(app, [*arguments, "--home", str(made_home.root)])

    return run

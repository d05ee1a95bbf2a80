"""What an entry reads may land after it: the golden documents in the worst order end at the balances by hand."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.ledger.conftest import GOLDEN
from tests.support.runs import run, snapshot

pytestmark = pytest.mark.slow

# each portion needs the next one to be posted as it should: money before its document, a document before what it names
PORTIONS = (
    (
        "balance_transaction",
        "credit_balance_transaction",
        "customer_balance_transaction",
        "customer",
        "payout",
        "refund",
    ),
    ("charge", "credit_note", "invoice", "meter", "subscription"),
    ("credit_grant", "dispute", "invoice_payment", "price", "product"),
)


def test_documents_that_land_before_what_they_name_end_at_the_balances_by_hand(
    tmp_path: Path, golden_as_of: str
) -> None:
    landed = {path.stem for path in (GOLDEN / "landing" / "stripe").iterdir()}
    assert landed == {name for portion in PORTIONS for name in portion}
    landing, home = tmp_path / "landing", tmp_path / "home"
    shutil.copytree(GOLDEN / "landing" / "usage", landing / "usage")
    (landing / "stripe").mkdir()
    for portion in PORTIONS:
        for name in portion:
            shutil.copy(GOLDEN / "landing" / "stripe" / f"{name}.jsonl", landing / "stripe")
        run(landing, home, golden_as_of)
    with open(GOLDEN / "balances.csv", newline="") as file:
        wanted = {(row["account"], row["currency"]): int(row["balance_minor"]) for row in csv.DictReader(file)}
    with duckdb.connect(str(snapshot(home)), read_only=True) as connection:
        found = connection.execute("""
            select account, currency, sum(balance_minor)::bigint from marts.ledger_balances group by all
        """).fetchall()
        differing = connection.execute("select * from marts.tie_outs where difference_minor <> 0").fetchall()
        reversed_entries = connection.execute("""
            select count(*) from marts.ledger_entries where reverses_entry_id is not null
        """).fetchall()
    balances = {(account, currency): balance for account, currency, balance in found if balance}
    assert balances == {key: balance for key, balance in wanted.items() if balance}
    assert differing == []
    assert reversed_entries[0][0] > 5, "nothing was posted otherwise before"

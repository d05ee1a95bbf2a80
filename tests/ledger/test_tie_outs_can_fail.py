"""A proof that cannot fail proves nothing: each tampering makes the tie-out that names it differ, and no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.conftest import BuildLedger, Ledger

pytestmark = pytest.mark.slow


def change(landing: Path, name: str, object_id: str, **fields: Any) -> None:
    """Overwrites fields of one landed object; without fields the object is dropped."""
    path = landing / "stripe" / f"{name}.jsonl"
    objects = [json.loads(line) for line in path.read_text().splitlines()]
    assert any(o["id"] == object_id for o in objects)
    kept = [o | fields if o["id"] == object_id else o for o in objects if fields or o["id"] != object_id]
    path.write_text("".join(json.dumps(o) + "\n" for o in kept))


@pytest.mark.parametrize(
    ("account", "scopes"),
    [
        ("stripe_balance", {"all"}),
        ("bank", {"all", "po_1"}),
        ("tax_payable", {"all", "cus_a"}),
        ("prepaid_credits", {"all", "cus_a", "credgr_paid"}),
        ("deferred_revenue", {"all", "cus_a"}),
    ],
)
def test_a_deleted_posting_breaks_its_account(golden_ledger: Ledger, account: str, scopes: set[str]) -> None:
    found = golden_ledger.rows(f"""
        select entry_id, amount_minor from marts.ledger_postings where account = '{account}' order by 1, 2 limit 1
    """)
    entry_id, amount = found[0]
    if account == "prepaid_credits":
        entry_id, amount = "credit_applied:cbtxn_g5", 300
    golden_ledger.rows("create or replace table kept_postings as from intermediate.int_ledger_postings_due")
    try:
        # in a first run all postings are due ones
        golden_ledger.rows(
            f"delete from intermediate.int_ledger_postings_due where account = '{account}' and entry_id = '{entry_id}'"
        )
        golden_ledger.rebuild("tie_outs")
        assert {(a, scope, difference) for a, scope, _, difference in golden_ledger.differences()} == {
            (account, scope, -amount) for scope in scopes
        }
    finally:
        golden_ledger.rows("delete from intermediate.int_ledger_postings_due")
        golden_ledger.rows("insert into intermediate.int_ledger_postings_due from kept_postings")
        golden_ledger.rebuild("tie_outs")
    assert golden_ledger.differences() == set()


def test_a_changed_charge_a_dropped_payout_and_an_unexplained_balance_each_break_what_names_them(
    build_ledger: BuildLedger, golden_landing: Path, golden_as_of: str
) -> None:
    change(golden_landing, "charge", "ch_eur", amount=1931, amount_captured=1931)
    change(golden_landing, "payout", "po_1")
    change(golden_landing, "customer_balance_transaction", "cbtxn_neg")
    change(golden_landing, "customer", "cus_b", balance=20)
    ledger = build_ledger(golden_landing, golden_as_of)
    charge = {("accounts_receivable", scope, "eur", 69) for scope in ("all", "cus_c", "in_eur")}
    payout = {("bank", scope, "usd", -1000) for scope in ("all", "po_1")}
    receivable = {("accounts_receivable", scope, "usd", -300) for scope in ("all", "cus_a", "in_neg")}
    balances = {
        ("customer_credit", scope, "usd", amount) for scope, amount in (("all", 310), ("cus_a", 300), ("cus_b", 10))
    }
    assert ledger.differences() == charge | payout | receivable | balances

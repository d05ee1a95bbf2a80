"""A proof that cannot fail proves nothing: each tampering makes the tie-out that names it differ, and no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.conftest import BuildLedger, Ledger

pytestmark = pytest.mark.slow

TIE_OUTS = ("int_ledger_balances", "tie_outs")

Differences = set[tuple[str, str, str, int]]

# one posting of every control account, and the scopes that it counts in
DELETED = [
    ("accounts_receivable", "invoice_finalized:in_year", "usd", 36500, ("all", "cus_a", "in_year")),
    ("unbilled_receivable", "usage_rated:si_2:2026-09-01T00:00:00", "eur", 3000, ("all", "cus_c")),
    ("stripe_balance", "charge_settled:txn_seats", "usd", 3435, ("all",)),
    ("bank", "payout_paid:po_1", "usd", 1000, ("all", "po_1")),
    ("customer_credit", "invoice_too_small:cbtxn_small", "usd", 30, ("all", "cus_b")),
    ("prepaid_credits", "credit_applied:cbtxn_g5", "usd", 300, ("all", "cus_a", "credgr_paid")),
    ("deferred_revenue", "revenue_released:in_year:2026-08", "usd", 3100, ("all", "cus_a")),
    ("tax_payable", "invoice_finalized:in_seats", "usd", -279, ("all", "cus_a")),
]


def change(landing: Path, name: str, object_id: str, **fields: Any) -> None:
    """Overwrites fields of one landed object; without fields the object is dropped."""
    path = landing / "stripe" / f"{name}.jsonl"
    objects = [json.loads(line) for line in path.read_text().splitlines()]
    assert any(o["id"] == object_id for o in objects)
    kept = [o | fields if o["id"] == object_id else o for o in objects if fields or o["id"] != object_id]
    path.write_text("".join(json.dumps(o) + "\n" for o in kept))


def differing(account: str, currency: str, amount: int, *scopes: str) -> Differences:
    return {(account, scope, currency, amount) for scope in scopes}


def test_a_deleted_posting_breaks_its_own_account_in_every_scope_and_no_other(golden_ledger: Ledger) -> None:
    controls = {row[0] for row in golden_ledger.rows("select account from marts.ledger_accounts where is_control")}
    assert {account for account, *_ in DELETED} == controls, "a new control account wants a posting to delete"
    # in a first run all postings are due ones
    golden_ledger.rows("create or replace table kept_postings as from intermediate.int_ledger_postings_due")
    try:
        for account, entry_id, currency, amount, _ in DELETED:
            deleted = golden_ledger.rows(f"""
                delete from intermediate.int_ledger_postings_due
                where account = '{account}' and entry_id = '{entry_id}'
                returning currency, amount_minor
            """)
            assert deleted == [(currency, amount)]
        golden_ledger.rebuild(*TIE_OUTS)
        wanted: Differences = set()
        for account, _, currency, amount, scopes in DELETED:
            wanted |= differing(account, currency, -amount, *scopes)
        assert golden_ledger.differences() == wanted
    finally:
        golden_ledger.rows("delete from intermediate.int_ledger_postings_due")
        golden_ledger.rows("insert into intermediate.int_ledger_postings_due from kept_postings")
        golden_ledger.rebuild(*TIE_OUTS)
    assert golden_ledger.differences() == set()


def test_a_changed_or_dropped_document_breaks_the_tie_out_that_names_it_and_no_other(
    build_ledger: BuildLedger, golden_landing: Path, golden_as_of: str
) -> None:
    change(golden_landing, "charge", "ch_eur", amount=1931, amount_captured=1931)
    change(golden_landing, "charge", "ch_late_3")
    change(golden_landing, "invoice", "in_year", amount_remaining=29_999)
    change(golden_landing, "payout", "po_1")
    change(golden_landing, "payout", "po_3", status="paid", amount=250)
    change(golden_landing, "customer_balance_transaction", "cbtxn_neg")
    change(golden_landing, "customer", "cus_b", balance=20)
    change(golden_landing, "credit_grant", "credgr_left", amount={"type": "monetary", "monetary": money(410)})
    change(golden_landing, "credit_balance_transaction", "cbtxn_g11")
    change(golden_landing, "credit_note", "cn_post", total_taxes=[{"amount": 90, "tax_behavior": "exclusive"}])
    ledger = build_ledger(golden_landing, golden_as_of)
    assert ledger.differences() == (
        differing("accounts_receivable", "eur", 69, "all", "cus_c", "in_eur")
        | differing("accounts_receivable", "usd", 610, "cus_e", "in_second_try")
        | differing("accounts_receivable", "usd", 1 - 300, "cus_a")
        | differing("accounts_receivable", "usd", 1, "in_year")
        | differing("accounts_receivable", "usd", -300, "in_neg")
        | differing("accounts_receivable", "usd", 610 + 1 - 300, "all")
        | differing("bank", "usd", -1000, "po_1")
        | differing("bank", "usd", 50, "po_3")
        | differing("bank", "usd", -950, "all")
        | differing("customer_credit", "usd", 300, "cus_a")
        | differing("customer_credit", "usd", 10, "cus_b")
        | differing("customer_credit", "usd", 310, "all")
        | differing("prepaid_credits", "usd", 10, "cus_a", "credgr_left")
        | differing("prepaid_credits", "usd", 120, "cus_d", "credgr_back")
        | differing("prepaid_credits", "usd", 130, "all")
        | differing("tax_payable", "usd", 10, "all", "cus_a")
    )


def money(amount: int) -> dict[str, Any]:
    return {"currency": "usd", "value": amount}

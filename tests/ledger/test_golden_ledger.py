"""Documents of every kind against postings and balances written by hand."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from tests.ledger.conftest import Ledger

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "ledger"

pytestmark = pytest.mark.slow


def by_hand(name: str) -> list[dict[str, str]]:
    with open(GOLDEN / name, newline="") as file:
        return list(csv.DictReader(file))


def test_every_document_is_posted_as_written_by_hand(golden_ledger: Ledger) -> None:
    wanted = {
        (
            row["entry_id"],
            row["effective_at"],
            row["account"],
            row["customer_id"] or None,
            row["subledger_id"] or None,
            int(row["amount_minor"]),
            row["currency"],
        )
        for row in by_hand("postings.csv")
    }
    posted = golden_ledger.rows("""
        select entry_id, strftime(effective_at, '%Y-%m-%dT%H:%M:%S'), account, customer_id, subledger_id,
            amount_minor, currency
        from marts.ledger_entries join marts.ledger_postings using (entry_id)
    """)
    assert len(posted) == len(by_hand("postings.csv"))
    assert set(posted) == wanted


def test_every_rule_of_the_golden_documents_is_a_rule_of_the_chart(golden_ledger: Ledger) -> None:
    rules = {row[0] for row in golden_ledger.rows("select rule from seeds.posting_rules")}
    used = {row["entry_id"].split(":")[0] for row in by_hand("postings.csv")}
    assert used <= rules
    rare = {
        "customer_balance_unknown", "invoice_too_large", "invoice_overpaid", "payment_to_balance",
        "credit_reinstated", "credit_unknown", "reserve_settled", "top_up_settled",
    }  # fmt: skip
    assert rules - used == rare, "a new rule wants a golden document"


def test_every_account_has_the_balance_written_by_hand(golden_ledger: Ledger) -> None:
    wanted = {(row["account"], row["currency"]): int(row["balance_minor"]) for row in by_hand("balances.csv")}
    balances = golden_ledger.rows(
        "select account, currency, sum(balance_minor)::bigint from marts.ledger_balances group by all"
    )
    assert {(account, currency): balance for account, currency, balance in balances} == wanted


def test_balances_after_each_day_are_those_of_the_postings_by_hand(golden_ledger: Ledger) -> None:
    by_day: dict[str, Counter[tuple[str, str]]] = {}
    running: Counter[tuple[str, str]] = Counter()
    for row in sorted(by_hand("postings.csv"), key=lambda r: r["effective_at"]):
        running[row["account"], row["currency"]] += int(row["amount_minor"])
        by_day[row["effective_at"][:10]] = running.copy()
    for day, wanted in by_day.items():
        balances = golden_ledger.rows(f"""
            select account, currency, sum(amount_minor)::bigint
            from marts.ledger_entries join marts.ledger_postings using (entry_id)
            where effective_at < date '{day}' + interval 1 day
            group by all
        """)
        assert {(account, currency): balance for account, currency, balance in balances} == dict(wanted), day


def test_all_tie_outs_of_the_golden_documents_agree(golden_ledger: Ledger) -> None:
    assert golden_ledger.differences() == set()
    accounts = {row[0] for row in golden_ledger.rows("select distinct account from marts.tie_outs")}
    assert accounts == {
        "accounts_receivable", "stripe_balance", "bank", "customer_credit", "prepaid_credits", "tax_payable",
        "deferred_revenue",
        "unbilled_receivable",
    }  # fmt: skip


def test_grants_stand_at_what_is_left(golden_ledger: Ledger) -> None:
    assert set(
        golden_ledger.rows("""
            select credit_grant_id, granted_minor, applied_minor, expired_minor, voided_minor, available_minor
            from marts.credit_balances
        """)
    ) == {
        ("credgr_paid", 1000, 300, 700, 0, 0),
        ("credgr_gift", 500, 200, 0, 0, 300),
        ("credgr_gone", 50, 0, 0, 50, 0),
        ("credgr_left", 400, 0, 0, 0, 400),
    }


def test_the_failed_payment_is_lost(golden_ledger: Ledger) -> None:
    assert golden_ledger.rows("select invoice_id, state, attempts, amount_minor from marts.payment_recovery") == [
        ("in_lost", "lost", 1, 900)
    ]

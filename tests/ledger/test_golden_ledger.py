"""Documents of every kind against postings and balances written by hand."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
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


def test_every_rule_has_a_golden_document(root: Path) -> None:
    with open(root / "dbt" / "seeds" / "ledger" / "posting_rules.csv", newline="") as file:
        rules = {row["rule"] for row in csv.DictReader(file)}
    used = {row["entry_id"].split(":")[0] for row in by_hand("postings.csv")}
    assert used == rules, "a new rule wants a golden document"


def test_every_account_has_the_balance_written_by_hand(golden_ledger: Ledger) -> None:
    wanted = {(row["account"], row["currency"]): int(row["balance_minor"]) for row in by_hand("balances.csv")}
    balances = golden_ledger.rows(
        "select account, currency, sum(balance_minor)::bigint from marts.ledger_balances group by all"
    )
    found = {(account, currency): balance for account, currency, balance in balances if balance}
    assert found == {key: balance for key, balance in wanted.items() if balance}


def test_every_account_has_the_balance_written_by_hand_after_each_document(golden_ledger: Ledger) -> None:
    wanted = {
        (row["effective_at"], row["account"], row["currency"]): int(row["balance_after_minor"])
        for row in by_hand("postings.csv")
    }
    balances = golden_ledger.rows("""
        select distinct
            strftime(effective_at, '%Y-%m-%dT%H:%M:%S'),
            account,
            currency,
            (sum(amount_minor) over (partition by account, currency order by effective_at))::bigint,
        from marts.ledger_entries join marts.ledger_postings using (entry_id)
    """)
    assert {(at, account, currency): balance for at, account, currency, balance in balances} == wanted


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
        ("credgr_back", 300, 0, 0, 25, 275),
    }


def test_every_line_that_a_grant_paid_is_told_with_what_was_left(golden_ledger: Ledger) -> None:
    """A voided invoice gives back what it used, and other movements of a grant count in what is left."""
    finalized, voided = datetime(2026, 8, 1, 1), datetime(2026, 8, 5)
    assert set(
        golden_ledger.rows("""
            select credit_grant_id, category, customer_id, invoice_id, line_id, price_id, currency, amount_minor,
                balance_after_minor, applied_at
            from marts.credit_applications
        """)
    ) == {
        ("credgr_paid", "paid", "cus_a", "in_seats", "il_in_seats_2", "price_calls", "usd", 300, 700, finalized),
        ("credgr_gift", "promotional", "cus_a", "in_seats", "il_in_seats_2", "price_calls", "usd", 200, 300, finalized),
        ("credgr_back", "paid", "cus_d", "in_undone", "il_in_undone_1", "price_calls", "usd", 120, 180, finalized),
        ("credgr_back", "paid", "cus_d", "in_undone", "il_in_undone_1", "price_calls", "usd", -120, 300, voided),
    }


def test_what_became_of_each_failed_payment(golden_ledger: Ledger) -> None:
    """Attempts are charges, the successful one too; an invoice that was paid at once is no case."""
    recovered = golden_ledger.rows("""
        select invoice_id, state, attempts, first_failed_at, recovered_at, next_attempt_at, amount_minor, currency
        from marts.payment_recovery
    """)
    first = datetime(2026, 8, 1, 1, 5)
    assert set(recovered) == {
        ("in_second_try", "recovered", 3, first, datetime(2026, 8, 5, 9), None, 610, "usd"),
        ("in_wired", "recovered", 1, first + timedelta(minutes=3), datetime(2026, 8, 21, 12), None, 640, "usd"),
        ("in_trying", "recovering", 2, first + timedelta(minutes=1), None, datetime(2026, 9, 15), 620, "usd"),
        ("in_given_up", "stalled", 1, first + timedelta(minutes=2), None, None, 630, "usd"),
        ("in_lost", "lost", 1, first, None, None, 900, "usd"),
        ("in_erased", "lost", 1, first + timedelta(minutes=4), None, None, 650, "usd"),
    }


def test_every_file_that_posts_is_among_the_targets(root: Path) -> None:
    """A rule's file that nobody names would post nothing, and no other test would miss it."""
    folder = root / "dbt" / "models" / "intermediate" / "ledger"
    named = (root / "dbt" / "macros" / "ledger_documents.sql").read_text()
    posting = {path.stem for path in folder.glob("*.sql") if re.search(r"' as rule\b|\) as rule\b", path.read_text())}
    assert posting == set(re.findall(r"^ {8}'(int_ledger_\w+)',$", named, re.M))

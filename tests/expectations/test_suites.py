"""Each check catches what it is for: a candidate is spoiled in one way, and the check that names it fails."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from expectations.validation import SUITES, CheckResult, validate
from tests.support.spoiling import spoil
from tieout.store.home import Home
from tieout.store.snapshots import current_snapshot_path

MADE_UP_DISCREPANCY = """
    insert into marts.discrepancies by name
    select
        'made_up_1' as discrepancy_id, 'amount_mismatch' as kind, 'lines' as category, 'error' as severity,
        300::bigint as expected_minor, 100::bigint as actual_minor, 200::bigint as impact_minor, 'usd' as currency,
        'billed' as stage, 'open' as status, 'A made-up finding.' as explanation,
        timestamp '2026-10-01' as first_seen_at, timestamp '2026-10-01' as last_seen_at
"""


@dataclass(frozen=True)
class Spoiled:
    """One way to spoil a candidate: the statements, the check that must fail, and a value its examples show."""

    check: str
    statements: tuple[str, ...]
    example: str = ""


BLOCKING = [
    Spoiled(
        "every_ledger_entry_sums_to_zero",
        ("update marts.ledger_postings set amount_minor = amount_minor + 1 where rowid = 0",),
        "1",
    ),
    Spoiled(
        "every_entry_is_there_once_with_its_postings",
        ("update marts.ledger_postings set entry_id = 'nobody' where rowid = 0",),
        "nobody",
    ),
    Spoiled(
        "every_entry_is_there_once_with_its_postings",
        ("delete from marts.ledger_postings where entry_id = (select min(entry_id) from marts.ledger_entries)",),
    ),
    Spoiled(
        "the_trial_balance_is_zero_in_every_currency",
        ("update marts.ledger_balances set balance_minor = balance_minor + 1 where account = 'accounts_receivable'",),
        "eur",
    ),
    Spoiled(
        "every_entry_is_there_once_with_its_postings",
        ("insert into marts.ledger_entries from marts.ledger_entries order by entry_id limit 1",),
    ),
    Spoiled(
        "customers_has_one_row_per_customer_id",
        ("insert into marts.customers select * from marts.customers order by customer_id limit 1",),
        "cus_",
    ),
    Spoiled(
        "invoices_has_one_row_per_invoice_id",
        ("update marts.invoices set invoice_id = null where rowid = 0",),
        "None",
    ),
    Spoiled(
        "money_is_whole_minor_units",
        ("alter table marts.invoices alter column total_minor type decimal(18, 2)",),
        "total_minor",
    ),
    Spoiled(
        "no_column_is_a_float",
        ("alter table marts.usage_daily alter column quantity type double",),
        "quantity",
    ),
    Spoiled(
        "impact_is_expected_less_actual",
        (MADE_UP_DISCREPANCY, "update marts.discrepancies set impact_minor = 7"),
        "made_up_1",
    ),
    Spoiled(
        "discrepancies_kind_is_a_declared_one",
        (MADE_UP_DISCREPANCY, "update marts.discrepancies set kind = 'gremlin'"),
        "gremlin",
    ),
    Spoiled(
        "discrepancies_status_is_a_declared_one",
        (MADE_UP_DISCREPANCY, "update marts.discrepancies set status = 'forgotten'"),
        "forgotten",
    ),
    Spoiled(
        "discrepancies_explanation_is_there",
        (MADE_UP_DISCREPANCY, "update marts.discrepancies set explanation = null"),
    ),
    Spoiled(
        "a_reconciled_difference_is_expected_less_actual",
        ("update marts.invoice_reconciliation set difference_minor = 999 where rowid = 0",),
        "999",
    ),
    Spoiled(
        "an_expected_subtotal_is_the_sum_of_its_lines",
        ("update marts.expected_invoices set subtotal_minor = subtotal_minor + 1 where subtotal_minor > 0",),
    ),
    Spoiled(
        "every_expected_line_belongs_to_an_expected_invoice",
        ("update marts.expected_invoice_lines set expected_invoice_id = 'nowhere' where rowid = 0",),
        "nowhere",
    ),
    Spoiled(
        "every_invoice_line_belongs_to_an_invoice",
        ("update marts.invoice_lines set invoice_id = 'in_gone' where rowid = 0",),
        "in_gone",
    ),
    Spoiled(
        "no_invoice_answers_for_two_expected_ones",
        (
            "update marts.expected_invoices set matched_invoice_id = (select min(matched_invoice_id) "
            "from marts.expected_invoices)",
        ),
    ),
    Spoiled(
        "subscription_versions_do_not_overlap",
        ("update marts.subscriptions set valid_to = null",),
        "sub_",
    ),
    Spoiled(
        "daily_usage_is_never_negative",
        ("update marts.usage_daily set quantity = -1 where rowid = 0",),
        "-1",
    ),
    Spoiled(
        "a_tie_out_shows_its_own_difference",
        ("update marts.tie_outs set ledger_minor = ledger_minor + 5 where rowid = 0",),
    ),
    Spoiled(
        "what_lines_used_of_a_credit_grant_is_what_was_applied_of_it",
        (
            "insert into marts.credit_balances by name select 'credgr_x' as credit_grant_id, 5 as granted_minor, "
            "5 as applied_minor, 0 as expired_minor, 0 as voided_minor, 0 as available_minor",
        ),
        "credgr_x",
    ),
    Spoiled(
        "what_is_not_computed_says_why",
        ("update marts.invoice_reconciliation set status = 'not_computed', reason = null where rowid = 0",),
    ),
    Spoiled("payment_recovery_has_one_row_per_invoice_id", ("drop table marts.payment_recovery",)),
]
TELLING = [
    Spoiled(
        "every_usage_record_can_be_read",
        (
            "insert into marts.usage_quarantine by name select 'usage/x.jsonl' as file, 3 as line_number, "
            "'broken_json' as reason, '{' as raw",
        ),
        "usage/x.jsonl",
    ),
    Spoiled(
        "the_ledger_ties_out_with_stripe",
        ("update marts.tie_outs set stripe_minor = stripe_minor - 5, difference_minor = difference_minor + 5",),
        "5",
    ),
    Spoiled(
        "no_critical_discrepancy_is_open",
        (MADE_UP_DISCREPANCY, "update marts.discrepancies set severity = 'critical'"),
        "made_up_1",
    ),
    Spoiled(
        "usage_arrives_within_the_limit",
        ("update marts.metering_freshness set is_lag_over = true",),
        "api_calls",
    ),
    Spoiled(
        "no_source_of_a_meter_has_gone_quiet",
        ("update marts.metering_freshness set is_quiet_over = true",),
        "api_calls",
    ),
    Spoiled("no_usage_comes_after_its_invoice", ("update marts.usage_daily set late_events = 2 where rowid = 0",), "2"),
]


def failed(results: list[CheckResult]) -> dict[str, CheckResult]:
    return {result.check: result for result in results if not result.is_ok}


@pytest.fixture
def candidate(tiny_home: Home, tmp_path: Path) -> Path:
    """A copy of the golden world's snapshot, to be spoiled."""
    copy = tmp_path / "candidate.duckdb"
    shutil.copyfile(current_snapshot_path(tiny_home), copy)
    return copy


def test_a_sound_candidate_passes_every_check_that_could_block(candidate: Path) -> None:
    results = validate(candidate)
    assert [result.check for result in results] == [check.name for checks in SUITES.values() for check in checks]
    assert [result.check for result in results if result.is_blocking] == []


@pytest.mark.parametrize("way", BLOCKING, ids=lambda way: way.check)
def test_a_broken_table_is_caught_by_the_check_that_names_it_and_blocks(candidate: Path, way: Spoiled) -> None:
    spoil(candidate, *way.statements)
    caught = failed(validate(candidate))[way.check]
    assert caught.is_blocking
    assert caught.failing_rows > 0
    assert way.example in " ".join(value for row in caught.examples for value in row.values())


@pytest.mark.parametrize("way", TELLING, ids=lambda way: way.check)
def test_a_finding_about_the_data_is_told_and_does_not_block(candidate: Path, way: Spoiled) -> None:
    spoil(candidate, *way.statements)
    results = validate(candidate)
    caught = failed(results)[way.check]
    assert caught.severity in ("warning", "info")
    assert way.example in " ".join(value for row in caught.examples for value in row.values())
    assert not any(result.is_blocking for result in results)


def test_every_check_has_a_name_of_its_own_and_words_for_who_reads_it() -> None:
    checks = [check for suite in SUITES.values() for check in suite]
    assert len({check.name for check in checks}) == len(checks)
    assert all(check.description.endswith(".") for check in checks)

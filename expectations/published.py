"""What must hold of the tables of a candidate: integrity. Each of these blocks publication when it fails."""

from __future__ import annotations

from typing import Final

from expectations.check import Check, key, no_rows, not_null, one_of
from tieout.core.kind import SEVERITIES
from tieout.core.kinds import KINDS

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "customers": ("customer_id",),
    "invoices": ("invoice_id",),
    "invoice_lines": ("line_id",),
    "expected_invoices": ("expected_invoice_id",),
    "discrepancies": ("discrepancy_id",),
    "ledger_balances": ("account", "customer_id", "currency"),
    "tie_outs": ("account", "scope", "currency"),
    "credit_balances": ("credit_grant_id",),
    "credit_applications": ("credit_balance_transaction_id",),
    "usage_daily": ("customer_id", "meter", "usage_date"),
    "usage_quarantine": ("file", "line_number"),
    "payment_recovery": ("invoice_id",),
    "anomalies": ("anomaly_id",),
    "system_daily": ("metric", "subject", "day"),
    "metering_freshness": ("meter", "source"),
    "late_usage": ("late_usage_id",),
    "plan_savings": ("plan_saving_id",),
}
#: Parts of a key that may be empty: a balance that belongs to no customer.
NULLABLE_KEYS: Final = {"ledger_balances"}
#: What the ledger's newest batch holds, found once in a query. Earlier ones were checked when they were posted, and
#: `tieout ledger verify` looks at all: a run does not read the whole history again.
NEWEST: Final = (
    "with newest as materialized (select entry_number, entry_id from ledger_entries "
    "where batch_number = (select max(batch_number) from ledger_entries)) "
)


def _keys() -> list[Check]:
    checks = [key(table, *columns) for table, columns in KEYS.items() if table not in NULLABLE_KEYS]
    return [
        *checks,
        no_rows(
            "ledger_balances_has_one_row_per_account_customer_and_currency",
            "ledger_balances",
            "critical",
            "One account of one customer has two balances in one currency.",
            "select account, customer_id, currency, count(*) as row_count from ledger_balances "
            "group by all having count(*) > 1 order by all limit 20",
        ),
    ]


def _ledger() -> list[Check]:
    return [
        no_rows(
            "every_ledger_entry_sums_to_zero",
            "ledger_postings",
            "critical",
            "An entry's debits and credits differ: money was made or lost in a posting rule.",
            f"{NEWEST} select postings.entry_id, currency, sum(amount_minor) as off_minor "
            "from ledger_postings as postings join newest using (entry_number) "
            "group by postings.entry_id, currency having sum(amount_minor) <> 0 order by all limit 20",
        ),
        no_rows(
            "every_entry_is_there_once_with_its_postings",
            "ledger_postings",
            "critical",
            "A journal entry moves nothing or is there twice, or a posting names an entry that is not in the journal.",
            f"{NEWEST} , sides as (select entry_number, entry_id, 0 as postings from newest union all "
            "select entry_number, postings.entry_id, 1 "
            "from ledger_postings as postings join newest using (entry_number)) "
            "select entry_id, sum(postings) as postings from sides group by entry_number, entry_id "
            "having sum(postings) = 0 or count(*) - sum(postings) <> 1 order by all limit 20",
        ),
        no_rows(
            "the_trial_balance_is_zero_in_every_currency",
            "ledger_balances",
            "critical",
            "The balances of all accounts do not sum to zero, so they are not those of balanced entries.",
            "select currency, sum(balance_minor) as off_minor from ledger_balances "
            "group by currency having sum(balance_minor) <> 0 order by all limit 20",
        ),
    ]


def _money() -> list[Check]:
    return [
        no_rows(
            "money_is_whole_minor_units",
            "discrepancies",
            "critical",
            "A column of money has another type than BIGINT, so cents may have been lost on the way.",
            "select table_name, column_name, data_type from information_schema.columns "
            "where table_schema = 'marts' and column_name like '%\\_minor' escape '\\' and data_type <> 'BIGINT' "
            "order by all limit 20",
        ),
        no_rows(
            "no_column_is_a_float",
            "usage_daily",
            "critical",
            "A published column is a binary float: neither money nor quantity may ever be one.",
            "select table_name, column_name, data_type from information_schema.columns "
            "where table_schema = 'marts' and data_type in ('FLOAT', 'DOUBLE') "
            "and column_name not in ('lag_seconds_p50', 'lag_seconds_p95', 'score') order by all limit 20",
        ),
        no_rows(
            "impact_is_expected_less_actual",
            "discrepancies",
            "critical",
            "The money at risk of a discrepancy is not the difference of its two figures.",
            "select discrepancy_id, expected_minor, actual_minor, impact_minor from discrepancies "
            "where impact_minor <> expected_minor - actual_minor order by discrepancy_id limit 20",
        ),
        no_rows(
            "a_reconciled_difference_is_expected_less_actual",
            "invoice_reconciliation",
            "critical",
            "A line group's difference is not the difference of its two figures.",
            "select expected_invoice_id, invoice_id, price_id, expected_minor, actual_minor, difference_minor "
            "from invoice_reconciliation "
            "where difference_minor <> coalesce(expected_minor, 0) - coalesce(actual_minor, 0) "
            "order by all limit 20",
        ),
        no_rows(
            "an_expected_subtotal_is_the_sum_of_its_lines",
            "expected_invoices",
            "critical",
            "The lines of an expected invoice do not add up to its subtotal.",
            "with lines as (select expected_invoice_id, sum(amount_minor) as minor from expected_invoice_lines "
            "group by all) select expected_invoice_id, subtotal_minor, minor from expected_invoices "
            "join lines using (expected_invoice_id) where subtotal_minor <> minor order by all limit 20",
        ),
        no_rows(
            "a_credit_grant_is_wholly_accounted_for",
            "credit_balances",
            "critical",
            "What was granted is not what was applied, expired, voided and is left.",
            "select credit_grant_id, granted_minor, applied_minor, expired_minor, voided_minor, available_minor "
            "from credit_balances "
            "where granted_minor <> applied_minor + expired_minor + voided_minor + available_minor "
            "order by all limit 20",
        ),
        no_rows(
            "what_lines_used_of_a_credit_grant_is_what_was_applied_of_it",
            "credit_applications",
            "critical",
            "The lines that a credit grant paid do not add up to what was applied of it.",
            "with used as (select credit_grant_id, sum(amount_minor) as used_minor from credit_applications "
            "group by all) "
            "select credit_grant_id, applied_minor, used_minor from credit_balances "
            "left join used using (credit_grant_id) "
            "where applied_minor <> coalesce(used_minor, 0) order by all limit 20",
        ),
        no_rows(
            "a_tie_out_shows_its_own_difference",
            "tie_outs",
            "critical",
            "A tie-out's difference is not ledger less Stripe.",
            "select account, scope, currency, ledger_minor, stripe_minor, difference_minor from tie_outs "
            "where difference_minor is distinct from ledger_minor - stripe_minor order by all limit 20",
        ),
    ]


def _references() -> list[Check]:
    return [
        no_rows(
            "every_expected_line_belongs_to_an_expected_invoice",
            "expected_invoice_lines",
            "critical",
            "An expected line names an expected invoice that is not there.",
            "select expected_invoice_id, price_id from expected_invoice_lines "
            "anti join expected_invoices using (expected_invoice_id) order by all limit 20",
        ),
        no_rows(
            "every_invoice_line_belongs_to_an_invoice",
            "invoice_lines",
            "critical",
            "An invoice line names an invoice that is not there.",
            "select line_id, invoice_id from invoice_lines anti join invoices using (invoice_id) order by all limit 20",
        ),
        no_rows(
            "no_invoice_answers_for_two_expected_ones",
            "expected_invoices",
            "critical",
            "One Stripe invoice is matched to two expected ones, so its money would count twice.",
            "select matched_invoice_id, count(*) as expected_invoices from expected_invoices "
            "where matched_invoice_id is not null group by all having count(*) > 1 order by all limit 20",
        ),
        no_rows(
            "subscription_versions_do_not_overlap",
            "subscriptions",
            "critical",
            "Two versions of one subscription hold at the same time.",
            "select subscription_id, valid_from, valid_to, later from (select *, lead(valid_from) over "
            "(partition by subscription_id order by valid_from, valid_to nulls last) as later from subscriptions) "
            "where later is not null and (valid_to is null or valid_to > later) order by all limit 20",
        ),
        no_rows(
            "daily_usage_is_never_negative",
            "usage_daily",
            "critical",
            "A day's usage is below zero or counts fewer events than none.",
            "select customer_id, meter, usage_date, quantity, events from usage_daily "
            "where quantity < 0 or events < 0 or duplicates < 0 order by all limit 20",
        ),
    ]


def _vocabulary() -> list[Check]:
    return [
        one_of("discrepancies", "kind", tuple(kind.name for kind in KINDS)),
        one_of("discrepancies", "severity", tuple(SEVERITIES)),
        one_of("discrepancies", "status", ("open", "accepted", "resolved")),
        one_of("discrepancies", "stage", ("preventable", "billed")),
        one_of(
            "invoice_reconciliation",
            "status",
            ("matched", "mismatched", "missing", "unexpected", "manual", "not_computed"),
        ),
        one_of("expected_invoices", "reason", ("create", "cycle", "update", "cancel")),
        one_of(
            "expected_invoice_lines",
            "kind",
            ("recurring", "usage", "proration_credit", "proration_charge", "commitment"),
        ),
        not_null("discrepancies", "explanation"),
        not_null("usage_quarantine", "reason"),
        not_null("landing_quarantine", "reason"),
        no_rows(
            "what_is_not_computed_says_why",
            "invoice_reconciliation",
            "critical",
            "A line group was not computed and carries no reason.",
            "select expected_invoice_id, invoice_id, price_id from invoice_reconciliation "
            "where status = 'not_computed' and reason is null order by all limit 20",
        ),
    ]


CHECKS: Final[tuple[Check, ...]] = (*_keys(), *_ledger(), *_money(), *_references(), *_vocabulary())

"""What is worth a word about the data that landed and about what was found in it. Nothing here blocks publication."""

from __future__ import annotations

from typing import Final

from expectations.check import Check, no_rows

CHECKS: Final[tuple[Check, ...]] = (
    no_rows(
        "every_usage_record_can_be_read",
        "usage_quarantine",
        "warning",
        "Usage records are in quarantine: they are billed to nobody. Mend them at their source and land them again "
        "under a new file name.",
        "select file, line_number, reason from usage_quarantine order by file, line_number",
    ),
    no_rows(
        "every_landed_object_can_be_read",
        "landing_quarantine",
        "warning",
        "Stripe objects, contracts or acceptances are in quarantine: what they say is unknown to every table.",
        "select file, line_number, reason from landing_quarantine order by file, line_number",
    ),
    no_rows(
        "the_ledger_ties_out_with_stripe",
        "tie_outs",
        "warning",
        "A control account differs from what Stripe says. The discrepancies of the customer or payout named in the "
        "scope explain it, or there is a break to look into.",
        "select account, scope, currency, difference_minor from tie_outs where difference_minor <> 0 order by all",
    ),
    no_rows(
        "no_critical_discrepancy_is_open",
        "discrepancies",
        "warning",
        "A discrepancy of the highest severity waits for somebody.",
        "select discrepancy_id, kind, customer_id, impact_minor from discrepancies "
        "where status = 'open' and severity = 'critical' order by all",
    ),
    no_rows(
        "most_invoiced_money_is_recomputed",
        "invoice_reconciliation",
        "info",
        "More than a tenth of the reconciled line groups could not be computed; their reasons say what is lacking.",
        "select reason, count(*) as line_groups from invoice_reconciliation where status = 'not_computed' "
        "and (select count(*) filter (where status = 'not_computed') * 10 > count(*) from invoice_reconciliation) "
        "group by reason order by line_groups desc, reason",
    ),
    no_rows(
        "usage_arrives_within_the_limit",
        "metering_freshness",
        "warning",
        "Over the last seven days the slowest twentieth of a source's events took longer to arrive than "
        "TIEOUT_METERING_LAG_LIMIT_HOURS allows.",
        "select meter, source, lag_seconds_p95, lag_limit_seconds from metering_freshness where is_lag_over "
        "order by all",
    ),
    no_rows(
        "no_usage_comes_after_its_invoice",
        "usage_daily",
        "warning",
        "Usage was received after the invoice of its day was final: no invoice will ever carry it.",
        "select customer_id, meter, usage_date, late_events from usage_daily where late_events > 0 order by all",
    ),
    no_rows(
        "one_event_id_has_one_content",
        "usage_daily",
        "warning",
        "Event ids came twice with different contents; the first received counts.",
        "select customer_id, meter, usage_date, conflicts from usage_daily where conflicts > 0 order by all",
    ),
    no_rows(
        "no_source_of_a_meter_has_gone_quiet",
        "metering_freshness",
        "warning",
        "A source that fed a meter before has had no event for longer than TIEOUT_METERING_QUIET_LIMIT_HOURS allows.",
        "select meter, source, quiet_seconds, quiet_limit_seconds from metering_freshness where is_quiet_over "
        "order by all",
    ),
)

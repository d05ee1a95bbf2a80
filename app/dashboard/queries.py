"""The figures of the pages, as SQL over one snapshot: each figure in one place, so that pages and tests agree."""

from __future__ import annotations

from app.dashboard.source import Row, Source

# A currency is here when money was invoiced in it, or when a discrepancy is open in it.
CURRENCIES = """
with risk as (
    select
        currency,
        coalesce(sum(impact_minor) filter (where impact_minor > 0), 0)::bigint as leaked_minor,
        coalesce(-sum(impact_minor) filter (where impact_minor < 0), 0)::bigint as overcharged_minor,
        count(*)::bigint as open_discrepancies
    from marts.discrepancies
    where status = 'open' and impact_minor is not null and currency is not null
    group by currency
),

measures as (
    select split_part(measure, '/', 1) as name, split_part(measure, '/', 2) as currency, value
    from marts.pipeline_health
    where run_id = ?
),

shares as (
    select
        currency,
        coalesce(sum(value) filter (where name = 'invoiced_minor'), 0)::bigint as invoiced_minor,
        coalesce(sum(value) filter (where name = 'recomputed_minor'), 0)::bigint as recomputed_minor
    from measures
    where name in ('invoiced_minor', 'recomputed_minor')
    group by currency
)

select
    currency,
    coalesce(leaked_minor, 0) as leaked_minor,
    coalesce(overcharged_minor, 0) as overcharged_minor,
    coalesce(open_discrepancies, 0) as open_discrepancies,
    coalesce(invoiced_minor, 0) as invoiced_minor,
    coalesce(recomputed_minor, 0) as recomputed_minor
from risk
full join shares using (currency)
order by open_discrepancies desc, currency
"""

OPEN = """
select
    count(*)::bigint as discrepancies,
    count(*) filter (where impact_minor is null)::bigint as without_figure
from marts.discrepancies
where status = 'open'
"""

BY_KIND = """
select
    kind,
    coalesce(sum(impact_minor) filter (where impact_minor > 0), 0)::bigint as leaked_minor,
    coalesce(-sum(impact_minor) filter (where impact_minor < 0), 0)::bigint as overcharged_minor
from marts.discrepancies
where status = 'open' and impact_minor <> 0 and currency = ?
group by kind
order by kind
"""

LARGEST = """
select * exclude (evidence)
from marts.discrepancies
where status = 'open' and impact_minor is not null and currency = ?
order by abs(impact_minor) desc, discrepancy_id
limit 10
"""

LARGEST_LEAK = """
select d.* exclude (evidence), c.name as customer_name
from marts.discrepancies as d
left join marts.customers as c using (customer_id)
where d.status = 'open' and d.impact_minor > 0 and d.currency = ?
order by d.impact_minor desc, d.discrepancy_id
limit 1
"""

# What the other pages have to say, each as a number; 0 is not worth a look.
WORTH_A_LOOK = """
select
    (select count(*) from marts.anomalies where is_ongoing)::bigint as anomalies,
    (
        select count(distinct customer_id) from marts.usage_allowances where is_open and state = 'over'
    )::bigint as customers_over,
    (select count(*) from marts.payment_recovery where state in ('stalled', 'lost'))::bigint as unpaid,
    (
        select count(*) from marts.credit_balances
        where available_minor > 0 and expires_at between $1::timestamp and $1::timestamp + interval 30 day
    )::bigint as credits_expiring,
    (select count(*) from marts.tie_outs where scope = 'all' and difference_minor <> 0)::bigint as accounts_apart
"""

# The last 90 days, so that the page opens as fast after years of usage.
LAG = """
select
    usage_date as day,
    (median(lag_seconds_p50) / 60)::decimal(18, 1) as median_minutes,
    (max(lag_seconds_p95) / 60)::decimal(18, 1) as slowest_minutes
from marts.usage_daily
where lag_seconds_p50 is not null and usage_date > ?::date - interval 90 day
group by usage_date
order by usage_date
"""

TIE_OUTS = """
select account, scope, currency, ledger_minor, stripe_minor, difference_minor
from marts.tie_outs
where scope = 'all'
order by difference_minor = 0, account, currency
"""

RUNS = """
select
    run_id,
    coalesce(sum(value) filter (where measure = 'usage_events'), 0)::bigint as usage_events,
    coalesce(sum(value) filter (where measure = 'customers'), 0)::bigint as customers,
    coalesce(sum(value) filter (where measure = 'invoices'), 0)::bigint as invoices,
    coalesce(sum(value) filter (where measure = 'expected_invoices'), 0)::bigint as expected_invoices,
    coalesce(sum(value) filter (where measure like 'discrepancies/%'), 0)::bigint as discrepancies,
    coalesce(sum(value) filter (where measure like '%_quarantined/%'), 0)::bigint as quarantined,
    coalesce(sum(value) filter (where measure like 'not_computed/%'), 0)::bigint as not_computed
from marts.pipeline_health
group by run_id
order by run_id desc
"""

NOT_COMPUTED = """
select reason, count(*)::bigint as line_groups, count(distinct invoice_id)::bigint as invoices
from marts.invoice_reconciliation
where status = 'not_computed'
group by reason
order by line_groups desc, reason
"""

DISCREPANCIES = """
select d.*, c.name as customer_name
from marts.discrepancies as d
left join marts.customers as c using (customer_id)
"""

# Parameter: an invoice's id or number, or the id of an expected one that Stripe may have never made
INVOICE = """
select
    i.* exclude (customer_id, currency),
    coalesce(i.customer_id, e.customer_id) as customer_id,
    coalesce(i.currency, e.currency) as currency,
    c.name as customer_name,
    e.expected_invoice_id,
    e.reason,
    e.due_at as expected_at,
    e.total_excl_tax_minor as expected_minor
from marts.invoices as i
full join marts.expected_invoices as e on i.invoice_id = e.matched_invoice_id
left join marts.customers as c on c.customer_id = coalesce(i.customer_id, e.customer_id)
where ? in (i.invoice_id, i.number, e.expected_invoice_id)
order by i.invoice_id
"""

LINE_GROUPS = """
select *
from marts.invoice_reconciliation
where invoice_id = $1 or (invoice_id is null and expected_invoice_id = $2)
order by ($3 in (price_id, billed_price_id)) desc nulls last, status = 'matched', price_id, kind, period_start
"""

CUSTOMER_INVOICES = """
select
    coalesce(i.invoice_id, e.expected_invoice_id) as id,
    i.invoice_id,
    i.number,
    i.status,
    coalesce(i.created_at, e.due_at) as invoiced_at,
    coalesce(i.currency, e.currency) as currency,
    e.reason,
    e.total_excl_tax_minor as expected_minor,
    i.total_excl_tax_minor as actual_minor
from (select * from marts.expected_invoices where customer_id = $1) as e
full join (select * from marts.invoices where customer_id = $1) as i on i.invoice_id = e.matched_invoice_id
order by invoiced_at desc, id
"""


def by_currency(source: Source) -> list[Row]:
    """Leaked, overcharged, invoiced and recomputed money in minor units, all as positive numbers; a row per currency.

    The share recomputed is the run's own measure, the one that `tieout run` closes with.
    """
    return source.rows(CURRENCIES, source.run_id)


def open_counts(source: Source) -> Row:
    """Open discrepancies, and how many of them have no figure."""
    return source.rows(OPEN)[0]


def share(part: int, whole: int) -> str:
    """A share with one decimal, rounded down, so that 100.0 % means all of it; a dash of nothing."""
    if whole == 0:
        return "–"
    permille = 1000 * part // whole
    return f"{permille // 10}.{permille % 10} %"

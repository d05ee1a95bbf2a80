"""The figures of the pages, as SQL over one snapshot: each figure in one place, so that pages and tests agree."""

from __future__ import annotations

from app.dashboard.source import Row, Source

RISK = """
select
    currency,
    coalesce(sum(impact_minor) filter (where impact_minor > 0), 0)::bigint as leaked_minor,
    coalesce(-sum(impact_minor) filter (where impact_minor < 0), 0)::bigint as overcharged_minor,
    count(*)::bigint as open_discrepancies
from marts.discrepancies
where status = 'open' and impact_minor is not null and currency is not null
group by currency
order by count(*) desc, currency
"""

BY_KIND = """
select
    kind,
    coalesce(sum(impact_minor) filter (where impact_minor > 0), 0)::bigint as leaked_minor,
    coalesce(-sum(impact_minor) filter (where impact_minor < 0), 0)::bigint as overcharged_minor
from marts.discrepancies
where status = 'open' and impact_minor is not null and currency = ?
group by kind
order by kind
"""

SHARE = """
with groups as (
    select
        i.currency,
        abs(r.actual_minor) as invoiced_minor,
        r.status not in ('not_computed', 'manual') as is_recomputed
    from marts.invoice_reconciliation as r
    join marts.invoices as i using (invoice_id)
    where r.actual_minor is not null
)
select
    currency,
    (
        (1000 * sum(invoiced_minor) filter (where is_recomputed))::hugeint
        // sum(invoiced_minor)::hugeint
    )::bigint as permille
from groups
group by currency
having sum(invoiced_minor) > 0
order by sum(invoiced_minor) desc, currency
"""

LAG = """
select
    usage_date as day,
    (median(lag_seconds_p50) / 60)::decimal(18, 1) as median_minutes,
    (max(lag_seconds_p95) / 60)::decimal(18, 1) as slowest_minutes
from marts.usage_daily
where lag_seconds_p50 is not null
group by usage_date
order by usage_date
"""


def at_risk(source: Source) -> list[Row]:
    """Leaked and overcharged money of open discrepancies, both as positive minor units, one row per currency."""
    return source.rows(RISK)


def impact_by_kind(source: Source, currency: str) -> list[Row]:
    """The same by kind, in one currency."""
    return source.rows(BY_KIND, currency)


def recomputed_share(source: Source) -> list[Row]:
    """Thousandths of the invoiced money that were computed independently, one row per currency, largest first."""
    return [{**row, "permille": row["permille"] or 0} for row in source.rows(SHARE)]


def lag_by_day(source: Source) -> list[Row]:
    """Metering lag in minutes by UTC day over all customers and meters."""
    return source.rows(LAG)

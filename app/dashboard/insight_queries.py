"""What the pages on anomalies and on usage ask of the snapshot; every list has a limit."""

from __future__ import annotations

from typing import Final

ROWS_SHOWN: Final = 200

# -- anomalies. Parameters: shapes, metrics ('|' between them, '' for all), customer, only those that still last
ANOMALIES: Final = f"""
select *, count(*) over () as matches
from marts.anomalies
where ($1 = '' or list_contains(string_split($1, '|'), shape))
    and ($2 = '' or list_contains(string_split($2, '|'), metric))
    and ($3 = '' or customer_id = $3 or contains(lower(coalesce(customer_name, '')), lower($3)))
    and (not $4 or is_ongoing)
order by day desc, score desc, anomaly_id
limit {ROWS_SHOWN}
"""

ANOMALIES_BY_DAY: Final = """
select day, shape, count(*)::bigint as anomalies
from marts.anomalies
where ($1 = '' or list_contains(string_split($1, '|'), shape))
    and ($2 = '' or list_contains(string_split($2, '|'), metric))
    and ($3 = '' or customer_id = $3 or contains(lower(coalesce(customer_name, '')), lower($3)))
    and (not $4 or is_ongoing)
group by day, shape
order by day, shape
"""

ANOMALY_METRICS: Final = "select distinct metric from marts.anomalies order by metric"

ANOMALY: Final = "select * from marts.anomalies where anomaly_id = ?"

# The days around an anomaly, eight weeks before it (from the first usage on) and two after; none is 0.
CUSTOMER_SERIES: Final = """
with used as (
    select usage_date, quantity from marts.usage_daily where customer_id = $1 and meter = $2
),

days as (
    select unnest(generate_series(
        greatest($3::date - interval 56 day, (select min(usage_date) from used)),
        least($4::date + interval 14 day, $5::date),
        interval 1 day
    ))::date as day
)

select days.day, coalesce(used.quantity, 0) as value
from days
left join used on used.usage_date = days.day
order by days.day
"""

SYSTEM_SERIES: Final = """
select day, value
from marts.system_daily
where metric = $1 and subject = $2 and is_whole
    and day between $3::date - interval 56 day and $4::date + interval 14 day
order by day
"""

# -- usage and limits. Parameters: states, bases, meters ('|' between them), customer, only periods that still run
ALLOWANCES: Final = f"""
select a.*, c.name as customer_name, count(*) over () as matches
from marts.usage_allowances as a
left join marts.customers as c using (customer_id)
where ($1 = '' or list_contains(string_split($1, '|'), a.state))
    and ($2 = '' or list_contains(string_split($2, '|'), a.basis))
    and ($3 = '' or list_contains(string_split($3, '|'), a.meter))
    and ($4 = '' or a.customer_id = $4 or contains(lower(coalesce(c.name, '')), lower($4)))
    and (not $5 or a.is_open)
order by a.used_percent desc nulls first, a.over_minor desc nulls last, a.customer_id, a.meter, a.period_start
limit {ROWS_SHOWN}
"""

ALLOWANCE_COUNTS: Final = """
select
    basis,
    meter,
    state,
    count(distinct customer_id)::bigint as customers
from marts.usage_allowances
where is_open and state <> 'under'
group by basis, meter, state
order by basis, meter, state
"""

# What is over now, in periods that still run. Included units only: a limit has no price of its own.
OVERAGE: Final = """
select
    currency,
    count(distinct customer_id)::bigint as customers,
    coalesce(sum(over_minor), 0)::bigint as over_minor
from marts.usage_allowances
where is_open and state = 'over' and basis = 'included'
group by currency
order by currency
"""

METERS: Final = "select distinct meter from marts.usage_allowances order by meter"

SAVINGS: Final = f"""
select s.*, c.name as customer_name, count(*) over () as matches
from marts.plan_savings as s
left join marts.customers as c using (customer_id)
where s.is_best
order by s.saving_minor desc, s.plan_saving_id
limit {ROWS_SHOWN}
"""

SAVINGS_TOTAL: Final = """
select currency, count(*)::bigint as subscriptions, sum(saving_minor)::bigint as saving_minor
from marts.plan_savings
where is_best
group by currency
order by currency
"""

LATE: Final = f"""
select l.*, c.name as customer_name, count(*) over () as matches
from marts.late_usage as l
left join marts.customers as c using (customer_id)
order by l.amount_minor desc nulls last, l.late_usage_id
limit {ROWS_SHOWN}
"""

LATE_TOTAL: Final = """
select
    state,
    currency,
    sum(events)::bigint as events,
    coalesce(sum(amount_minor), 0)::bigint as amount_minor
from marts.late_usage
group by state, currency
order by state, currency
"""

FRESHNESS: Final = """
select *
from marts.metering_freshness
order by is_lag_over or is_quiet_over desc, meter, source
"""

-- The system's own series, dense over the days that anomalies look at. Usage comes from the daily
-- totals, money from what Stripe has.
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

usage as (

    select * from {{ ref('usage_daily') }}

),

charges as (

    select * from {{ ref('int_charges_current') }}

),

refunds as (

    select * from {{ ref('int_refunds_current') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}
    where finalized_at is not null and status <> 'void'

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}
    where not is_proration

),

prices as (

    select * from {{ ref('int_prices_current') }}
    where price_type = 'recurring'

),

span as (

    select
        {{ first_anomaly_day('parameters') }} as first_day,
        {{ last_started_day('parameters') }} as last_day,
        {{ last_whole_day('parameters') }} as last_whole_day,
    from parameters

),

metered as (

    select
        usage.meter,
        usage.usage_date as day,
        sum(usage.quantity) as quantity,
        sum(usage.events) as events,
        count(*) filter (where usage.events > 0) as customers,
    from usage
    cross join span
    where usage.usage_date between span.first_day and span.last_day
    group by usage.meter, usage.usage_date

),

-- Lags by the minute, so that the median of any number of customers needs few rows. Of one or two
-- customers one that is late would be all of them.
lags as (

    select
        usage.meter,
        usage.usage_date as day,
        if(usage.lag_seconds_p50 < 60, usage.lag_seconds_p50, usage.lag_seconds_p50 // 60 * 60)
            as lag_seconds,
        count(*) as customers,
    from usage
    cross join span
    where
        usage.usage_date between span.first_day and span.last_day
        and usage.lag_seconds_p50 is not null
    group by all

),

ranked_lags as (

    select
        *,
        sum(customers) over (partition by meter, day order by lag_seconds) as customers_up_to,
        sum(customers) over (partition by meter, day) as all_customers,
    from lags

),

median_lags as (

    select
        meter,
        day,
        greatest(min(lag_seconds), 0) as lag_seconds,
    from ranked_lags
    where customers_up_to * 2 >= all_customers and all_customers >= 3
    group by meter, day

),

measured as (

    select
        'meter_usage' as metric,
        meter as subject,
        meter as label,
        'units' as unit,
        day,
        quantity as value,
        events,
        customers,
    from metered

    union all

    select
        'metering_lag',
        metered.meter,
        metered.meter,
        'seconds',
        metered.day,
        median_lags.lag_seconds,
        metered.events,
        metered.customers,
    from metered
    left join median_lags
        on metered.meter = median_lags.meter
        and metered.day = median_lags.day

    union all

    select
        'failed_payments',
        currency,
        upper(currency),
        'payments',
        created_at::date,
        count(*),
        count(*),
        count(distinct customer_id),
    from charges
    where status = 'failed'
    group by all

    union all

    select
        'refunds',
        refunds.currency,
        upper(refunds.currency),
        'minor ' || refunds.currency,
        refunds.created_at::date,
        sum(refunds.amount_minor),
        count(*),
        count(distinct charges.customer_id),
    from refunds
    left join charges on refunds.charge_id = charges.charge_id
    where refunds.status not in ('failed', 'canceled')
    group by all

    union all

    select
        'plan_revenue',
        lines.price_id || ' ' || invoices.currency,
        coalesce(prices.nickname, lines.price_id) || ' ' || upper(invoices.currency),
        'minor ' || invoices.currency,
        invoices.finalized_at::date,
        sum(lines.amount_minor),
        count(*),
        count(distinct invoices.customer_id),
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    inner join prices on lines.price_id = prices.price_id
    group by all

),

-- a series begins with its first figure; what no day had before then is not nothing, but unknown
series as (

    select
        measured.metric,
        measured.subject,
        measured.label,
        measured.unit,
        greatest(min(measured.day), any_value(span.first_day)) as first_day,
        any_value(span.last_day) as last_day,
        any_value(span.last_whole_day) as last_whole_day,
    from measured
    cross join span
    where measured.day <= span.last_day
    group by all
    having max(measured.day) >= any_value(span.first_day)

),

days as (

    select
        * exclude (first_day, last_day),
        unnest(generate_series(first_day, last_day, interval 1 day))::date as day,
    from series

),

final as (

    select
        days.metric,
        days.subject,
        days.label,
        days.unit,
        cast(
            case
                when days.metric = 'metering_lag' then measured.value
                else coalesce(measured.value, 0)
            end as decimal(38, 12)
        ) as value,
        cast(coalesce(measured.events, 0) as bigint) as events,
        coalesce(measured.customers, 0) as customers,
        days.day <= days.last_whole_day as is_whole,
        days.day,
    from days
    left join measured
        on days.metric = measured.metric
        and days.subject = measured.subject
        and days.day = measured.day

)

select * from final

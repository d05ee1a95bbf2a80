{{ config(materialized='ephemeral') }}

-- Rule revenue_released: what was charged in advance is earned by the second over its period. One
-- entry per invoice and UTC month, for the month's part that has passed; the month in which the
-- invoice was finalized takes what was earned before it too. A void invoice earned nothing.

with lines as (

    select * from {{ ref('int_ledger_lines') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

-- the month of finalization takes what was earned before it; as of an instant before that, the
-- last month that has begun does
passed as (

    select
        lines.*,
        parameters.as_of,
        least(lines.period_end_at, parameters.as_of) - interval 1 microsecond as passed_at,
        date_trunc(
            'month', least(greatest(lines.finalized_at, lines.period_start_at), passed_at)
        )::timestamp as first_month,
    from lines
    cross join parameters
    where
        lines.is_deferred
        and lines.status <> 'void'
        and lines.period_start_at < parameters.as_of

),

months as (

    select
        *,
        unnest(generate_series(first_month, passed_at, interval 1 month)) as month_start,
    from passed

),

bounded as (

    select
        *,
        if(month_start = first_month, period_start_at, month_start) as from_at,
        least(month_start + interval 1 month, as_of) as until_at,
    from months

),

earned as (

    select
        invoice_id,
        customer_id,
        currency,
        price_id,
        month_start,
        until_at,
        {{ earned_minor('revenue_minor', 'until_at', 'period_start_at', 'period_end_at') }}
        - {{ earned_minor('revenue_minor', 'from_at', 'period_start_at', 'period_end_at') }}
            as revenue_minor,
        {{ earned_minor('discount_minor', 'until_at', 'period_start_at', 'period_end_at') }}
        - {{ earned_minor('discount_minor', 'from_at', 'period_start_at', 'period_end_at') }}
            as discount_minor,
    from bounded

),

final as (

    select
        'revenue_released' as rule,
        'invoice' as source_type,
        invoice_id as source_id,
        strftime(month_start, '%Y-%m') as part,
        until_at - interval 1 second as effective_at,
        'Earned in ' || strftime(month_start, '%Y-%m') as description,
        unnest(['deferred_revenue', 'subscription_revenue', 'discounts']) as account,
        customer_id,
        unnest([invoice_id, price_id, null]) as subledger_id,
        unnest([revenue_minor - discount_minor, -revenue_minor, discount_minor])
            as amount_minor,
        currency,
    from earned

)

select * from final

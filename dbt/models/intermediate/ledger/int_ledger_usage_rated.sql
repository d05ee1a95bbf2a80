{{ config(materialized='ephemeral') }}

-- Rule usage_rated: usage that was rated and is not on a finalized invoice yet, whether its period
-- still runs, its invoice is a draft, or no invoice ever came. One entry per subscription item and
-- period; the invoice's own entry takes its place once it is finalized.

with parts as (

    select * from {{ ref('int_expected_line_parts') }}

),

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

unbilled as (

    select
        parts.subscription_item_id,
        parts.customer_id,
        parts.currency,
        parts.price_id,
        parts.period_start,
        least(parts.period_end, parameters.as_of) as until_at,
        sum(parts.amount_minor)::bigint as amount_minor,
    from parts
    cross join parameters
    left join matched using (expected_invoice_id)
    where
        parts.kind = 'usage'
        and parts.amount_minor is not null
        and parts.period_start < parameters.as_of
        and if(
            parts.expected_invoice_id is null,
            parts.pending_since is not null or parts.period_end > parameters.as_of,
            matched.invoice_id is null or matched.invoice_status = 'draft'
        )
    group by all

),

final as (

    select
        'usage_rated' as rule,
        'subscription_item' as source_type,
        subscription_item_id as source_id,
        strftime(period_start, '%Y-%m-%dT%H:%M:%S') as part,
        until_at - interval 1 second as effective_at,
        'Usage rated and not invoiced, from ' || strftime(period_start, '%Y-%m-%d')
            as description,
        unnest(['unbilled_receivable', 'usage_revenue']) as account,
        customer_id,
        unnest([subscription_item_id, price_id]) as subledger_id,
        unnest([amount_minor, -amount_minor]) as amount_minor,
        currency,
    from unbilled

)

select * from final

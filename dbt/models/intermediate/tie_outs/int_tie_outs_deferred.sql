{{ config(materialized='ephemeral') }}

-- What of every line is still ahead at the as-of instant, where the ledger adds up what has been
-- earned month by month.

with invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

still_ahead as (

    select
        'deferred_revenue' as account,
        invoices.currency,
        invoices.customer_id,
        null as document_id,
        lines.amount_minor
        - (coalesce(lines.tax_minor, 0) - coalesce(lines.exclusive_tax_minor, 0))
            as revenue_minor,
        coalesce(list_sum([
            discount.amount_minor for discount in lines.discount_amounts
        ]), 0)::bigint as discount_minor,
        least(parameters.as_of, lines.period_end_at) as passed_at,
        lines.period_start_at,
        lines.period_end_at,
    from invoices
    cross join parameters
    inner join lines using (invoice_id)
    left join prices using (price_id)
    where
        invoices.status in ('open', 'paid', 'uncollectible')
        and lines.period_start_at < lines.period_end_at
        and lines.period_end_at > invoices.finalized_at
        and prices.usage_type is distinct from 'metered'
        and (prices.price_type = 'recurring' or lines.subscription_item_id is not null)
        and json_extract_string(lines.metadata, '$.commitment') is null

),

ahead as (

    select
        account,
        currency,
        customer_id,
        document_id,
        (
            {{ earned_minor('revenue_minor', 'passed_at', 'period_start_at', 'period_end_at') }}
            - revenue_minor
        ) - (
            {{ earned_minor('discount_minor', 'passed_at', 'period_start_at', 'period_end_at') }}
            - discount_minor
        ) as stripe_minor,
    from still_ahead

),

final as (

    select * from ahead

)

select * from final

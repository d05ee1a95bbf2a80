{{ config(materialized='ephemeral') }}

-- Stripe states no amount before an invoice is made: all usage ever rated, less what was billed
-- since.

with invoices as (

    select * from {{ ref('int_invoices_current') }}

),

parts as (

    select * from {{ ref('int_expected_line_parts') }}

),

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

-- all usage ever rated, of periods that have ended or still run
rated as (

    select
        'unbilled_receivable' as account,
        parts.currency,
        parts.customer_id,
        null as document_id,
        parts.amount_minor as stripe_minor,
    from parts
    cross join parameters
    where
        parts.kind = 'usage'
        and (
            parts.expected_invoice_id is not null
            or parts.pending_since is not null
            or parts.period_end > parameters.as_of
        )
        and parts.period_start < parameters.as_of
        and parts.amount_minor is not null

),

rated_and_billed as (

    select
        'unbilled_receivable' as account,
        parts.currency,
        parts.customer_id,
        null as document_id,
        -parts.amount_minor as stripe_minor,
    from parts
    inner join matched using (expected_invoice_id)
    inner join invoices using (invoice_id)
    where
        parts.kind = 'usage'
        and invoices.status in ('open', 'paid', 'void', 'uncollectible')
        and parts.amount_minor is not null

),

final as (

    select * from rated

    union all

    select * from rated_and_billed

)

select * from final

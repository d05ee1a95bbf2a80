{{ config(materialized='ephemeral') }}

-- Rule payout_paid: what left Stripe is in the bank. A payout that failed or was canceled returns
-- by its own balance transaction and never was in the bank.

with payouts as (

    select * from {{ ref('int_payouts_current') }}

),

final as (

    select
        'payout_paid' as rule,
        'payout' as source_type,
        payout_id as source_id,
        coalesce(arrival_at, created_at) as effective_at,
        'Payout ' || payout_id || ' in the bank' as description,
        unnest(['bank', 'payouts_in_transit']) as account,
        null::varchar as customer_id,
        payout_id as subledger_id,
        unnest([amount_minor, -amount_minor]) as amount_minor,
        currency,
    from payouts
    where status = 'paid'

)

select * from final

{{ config(materialized='ephemeral') }}

-- What Stripe says of the money itself: its own balance, and what it paid out.

with balance_transactions as (

    select * from {{ ref('int_balance_transactions_current') }}

),

payouts as (

    select * from {{ ref('int_payouts_current') }}

),

stripe_balance as (

    select
        'stripe_balance' as account,
        currency,
        null as customer_id,
        null as document_id,
        net_minor as stripe_minor,
    from balance_transactions

),

-- what left the Stripe balance for a payout, unless that payout is known not to have arrived
paid_out as (

    select
        'bank' as account,
        balance_transactions.currency,
        null as customer_id,
        balance_transactions.source_id as document_id,
        -balance_transactions.amount_minor as stripe_minor,
    from balance_transactions
    left join payouts on balance_transactions.source_id = payouts.payout_id
    where
        balance_transactions.transaction_type in ('payout', 'payout_cancel', 'payout_failure')
        and coalesce(payouts.status, 'paid') = 'paid'

),

final as (

    select * from stripe_balance

    union all

    select * from paid_out

)

select * from final

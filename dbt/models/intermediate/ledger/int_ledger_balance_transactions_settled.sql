{{ config(materialized='ephemeral') }}

-- Rules of balance transactions: every one posts its net to stripe_balance exactly once, its fee to
-- processing_fees and its amount to the account that posting_accounts names for its type; a type
-- that nobody named waits in suspense. Settled in another currency than the document's, the two
-- currencies meet in fx_clearing.

with transactions as (

    select * from {{ ref('int_balance_transactions_current') }}

),

charges as (

    select * from {{ ref('int_charges_current') }}

),

refunds as (

    select * from {{ ref('int_refunds_current') }}

),

disputes as (

    select * from {{ ref('int_disputes_current') }}

),

accounts as (

    select * from {{ ref('posting_accounts') }} where source_type = 'balance_transaction'

),

documents as (

    select
        charge_id as source_id,
        'charge' as document_type,
        customer_id,
        currency as document_currency,
        coalesce(nullif(amount_captured_minor, 0), amount_minor) as document_minor,
    from charges

    union all

    select
        refunds.refund_id,
        'refund',
        charges.customer_id,
        refunds.currency,
        refunds.amount_minor,
    from refunds
    left join charges using (charge_id)

    union all

    select
        disputes.dispute_id,
        'dispute',
        charges.customer_id,
        disputes.currency,
        disputes.amount_minor,
    from disputes
    left join charges using (charge_id)

),

identified as (

    select
        transactions.balance_transaction_id,
        transactions.transaction_type,
        transactions.source_id,
        transactions.currency,
        transactions.created_at,
        transactions.amount_minor,
        coalesce(transactions.fee_minor, 0) as fee_minor,
        coalesce(transactions.net_minor, transactions.amount_minor) as net_minor,
        documents.customer_id,
        documents.document_currency,
        sign(transactions.amount_minor)::bigint * documents.document_minor as document_minor,
        -- type lumps adjustments together; before reporting_category was given, the source tells
        case
            when transactions.transaction_type = 'adjustment' then
                coalesce(
                    transactions.reporting_category,
                    if(documents.document_type = 'dispute', 'dispute', null)
                )
        end as category,
    from transactions
    left join documents using (source_id)

),

ruled as (

    select
        identified.*,
        coalesce(accounts.rule, 'transaction_unknown') as rule,
        coalesce(accounts.counter_account, 'suspense') as counter_account,
        coalesce(
            accounts.counter_account = 'payments_clearing'
            and identified.document_currency <> identified.currency,
            false
        ) as is_exchanged,
    from identified
    left join accounts
        on
            identified.transaction_type = accounts.transaction_type
            and identified.category is not distinct from accounts.category

),

postings as (

    select
        balance_transaction_id,
        'stripe_balance' as account,
        null::varchar as customer_id,
        null::varchar as subledger_id,
        net_minor as amount_minor,
        currency,
    from ruled

    union all

    select
        balance_transaction_id,
        'processing_fees',
        customer_id,
        null,
        fee_minor,
        currency,
    from ruled

    union all

    select
        balance_transaction_id,
        if(is_exchanged, 'fx_clearing', counter_account),
        customer_id,
        case counter_account
            when 'payouts_in_transit' then source_id
            when 'suspense' then balance_transaction_id
        end,
        -amount_minor,
        currency,
    from ruled

    union all

    select
        balance_transaction_id,
        'suspense',
        customer_id,
        balance_transaction_id,
        amount_minor - fee_minor - net_minor,
        currency,
    from ruled

    union all

    select
        balance_transaction_id,
        unnest(['fx_clearing', 'payments_clearing']),
        customer_id,
        null,
        unnest([document_minor, -document_minor]),
        document_currency,
    from ruled
    where is_exchanged

),

final as (

    select
        ruled.rule,
        'balance_transaction' as source_type,
        ruled.balance_transaction_id as source_id,
        ruled.created_at as effective_at,
        'Stripe balance: ' || replace(ruled.transaction_type, '_', ' ')
            || coalesce(' of ' || ruled.source_id, '') as description,
        postings.account,
        postings.customer_id,
        postings.subledger_id,
        postings.amount_minor,
        postings.currency,
    from ruled
    inner join postings using (balance_transaction_id)

)

select * from final

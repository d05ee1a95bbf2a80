{{ config(materialized='ephemeral') }}

-- What Stripe says is left of paid credit grants: what the grants gave, less what invoices state as
-- credits, less what ended otherwise.

with invoices as (

    select * from {{ ref('int_invoices_current') }}

),

grants as (

    select * from {{ ref('int_credit_grants_current') }}

),

credit_transactions as (

    select * from {{ ref('int_credit_balance_transactions_current') }}

),

grants_given as (

    select
        'prepaid_credits' as account,
        currency,
        customer_id,
        credit_grant_id as document_id,
        -amount_minor as stripe_minor,
    from grants
    where category = 'paid'

),

credits_stated as (

    select
        unnest(total_credit_amounts, recursive := true),
    from invoices
    where status in ('open', 'paid', 'uncollectible')

),

-- what invoices state as credits
grants_used as (

    select
        'prepaid_credits' as account,
        grants.currency,
        grants.customer_id,
        grants.credit_grant_id as document_id,
        credits_stated.amount_minor as stripe_minor,
    from credits_stated
    inner join credit_transactions using (credit_balance_transaction_id)
    inner join grants on credit_transactions.credit_grant_id = grants.credit_grant_id
    where grants.category = 'paid'

),

-- expiry, voiding and what no rule knows are stated by their transactions only
grants_ended as (

    select
        'prepaid_credits' as account,
        grants.currency,
        grants.customer_id,
        grants.credit_grant_id as document_id,
        if(
            credit_transactions.transaction_type = 'debit',
            credit_transactions.amount_minor,
            -credit_transactions.amount_minor
        ) as stripe_minor,
    from credit_transactions
    inner join grants using (credit_grant_id)
    where
        grants.category = 'paid'
        and credit_transactions.entry_type not in (
            'credits_granted', 'credits_applied', 'credits_application_invoice_voided'
        )

),

final as (

    select * from grants_given

    union all

    select * from grants_used

    union all

    select * from grants_ended

)

select * from final

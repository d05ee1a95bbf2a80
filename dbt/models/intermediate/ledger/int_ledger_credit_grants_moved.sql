{{ config(materialized='ephemeral') }}

-- Rules of credit balance transactions. Only paid grants are a liability; a promotional one is off
-- the books until an invoice uses it (rows of posting_accounts without a rule are not posted).

with transactions as (

    select * from {{ ref('int_credit_balance_transactions_current') }}

),

grants as (

    select * from {{ ref('int_credit_grants_current') }}

),

accounts as (

    select *
    from {{ ref('posting_accounts') }}
    where source_type = 'credit_balance_transaction'

),

moved as (

    select
        transactions.credit_balance_transaction_id,
        transactions.credit_grant_id,
        transactions.entry_type,
        transactions.currency,
        coalesce(transactions.effective_at, transactions.created_at) as effective_at,
        grants.customer_id,
        -- a grant that never landed is taken as paid: better a liability too many than too few
        coalesce(grants.category, 'paid') as category,
        if(transactions.transaction_type = 'debit', -1, 1) * transactions.amount_minor
            as available_minor,
    from transactions
    left join grants using (credit_grant_id)

),

ruled as (

    select
        moved.*,
        if(accounts.entry_type is null, 'credit_unknown', accounts.rule) as rule,
        case
            when accounts.entry_type is not null then accounts.account
            when moved.category = 'promotional' then 'promotional_credits'
            else 'prepaid_credits'
        end as account,
        if(accounts.entry_type is null, 'suspense', accounts.counter_account)
            as counter_account,
    from moved
    left join
        (select *, transaction_type as entry_type from accounts) as accounts
        on
            moved.entry_type = accounts.entry_type
            and moved.category = accounts.category

),

final as (

    select
        rule,
        'credit_balance_transaction' as source_type,
        credit_balance_transaction_id as source_id,
        effective_at,
        'Credit grant: ' || replace(entry_type, '_', ' ') as description,
        unnest([account, counter_account]) as account,
        customer_id,
        unnest([
            credit_grant_id,
            if(counter_account = 'suspense', credit_balance_transaction_id, null),
        ]) as subledger_id,
        unnest([-available_minor, available_minor]) as amount_minor,
        currency,
    from ruled
    where rule is not null

)

select * from final

{{ config(materialized='ephemeral') }}

-- Rules of customer balance transactions: each moves customer_credit by its own amount (Stripe's
-- sign), against the account that posting_accounts names for its type.

with transactions as (

    select * from {{ ref('int_customer_balance_transactions_current') }}

),

accounts as (

    select *
    from {{ ref('posting_accounts') }}
    where source_type = 'customer_balance_transaction'

),

ruled as (

    select
        transactions.*,
        coalesce(accounts.rule, 'customer_balance_unknown') as rule,
        coalesce(accounts.counter_account, 'suspense') as counter_account,
    from transactions
    left join accounts using (transaction_type)

),

final as (

    select
        rule,
        'customer_balance_transaction' as source_type,
        customer_balance_transaction_id as source_id,
        created_at as effective_at,
        'Customer balance: ' || replace(transaction_type, '_', ' ') as description,
        unnest(['customer_credit', counter_account]) as account,
        customer_id,
        unnest([
            null,
            case counter_account
                when 'accounts_receivable' then invoice_id
                when 'credit_notes_payable' then credit_note_id
                when 'suspense' then customer_balance_transaction_id
            end,
        ]) as subledger_id,
        unnest([amount_minor, -amount_minor]) as amount_minor,
        currency,
    from ruled

)

select * from final

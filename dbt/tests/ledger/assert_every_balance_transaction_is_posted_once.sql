{{ config(meta={'dagster': {'ref': {'name': 'ledger_entries'}}}) }}
-- Whatever its type, a balance transaction moves the Stripe balance by its net, once.
with transactions as (

    select * from {{ ref('int_balance_transactions_current') }}

),

posted as (

    select
        ledger_entries.source_id as balance_transaction_id,
        sum(ledger_postings.amount_minor) as posted_minor,
    from {{ ref('ledger_entries') }}
    inner join {{ ref('ledger_postings') }} using (entry_id)
    where
        ledger_entries.source_type = 'balance_transaction'
        and ledger_postings.account = 'stripe_balance'
    group by all

)

select
    balance_transaction_id,
    coalesce(transactions.net_minor, 0) as net_minor,
    coalesce(posted.posted_minor, 0) as posted_minor,
from transactions
full outer join posted using (balance_transaction_id)
where coalesce(transactions.net_minor, 0) <> coalesce(posted.posted_minor, 0)

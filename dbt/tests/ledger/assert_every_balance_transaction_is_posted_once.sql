{{ config(meta={'dagster': {'ref': {'name': 'int_ledger_postings_due'}}}) }}
-- Whatever its type, a balance transaction moves the Stripe balance by its net, once. Looked at
-- are those that this run looks at: what was posted for the others has not changed.
with parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

touched as (

    select * from {{ ref('int_ledger_documents_touched') }}

),

transactions as (

    select
        balance_transaction_id,
        net_minor,
    from {{ ref('int_balance_transactions_current') }}
    cross join parameters
    where
        parameters.landed_batches is null
        or {{ ledger_document_key("'balance_transaction'", 'balance_transaction_id') }}
        in (select document_key from touched)

),

entries as (

    select source_type, source_id, entry_number from {{ ref('int_ledger_entries_posted') }}

    union all

    select source_type, source_id, entry_number from {{ ref('int_ledger_entries_due') }}

),

postings as (

    select entry_number, account, amount_minor from {{ ref('stg_runs__ledger_postings') }}

    union all

    select entry_number, account, amount_minor from {{ ref('int_ledger_postings_due') }}

),

posted as (

    select
        entries.source_id as balance_transaction_id,
        sum(postings.amount_minor) as posted_minor,
    from postings
    inner join entries using (entry_number)
    where
        entries.source_type = 'balance_transaction'
        and postings.account = 'stripe_balance'
    group by all

)

select
    balance_transaction_id,
    coalesce(transactions.net_minor, 0) as net_minor,
    coalesce(posted.posted_minor, 0) as posted_minor,
from transactions
full outer join posted using (balance_transaction_id)
where coalesce(transactions.net_minor, 0) <> coalesce(posted.posted_minor, 0)

-- What stands on every account, customer, sub-ledger and currency after this run: what stood
-- before it, and what it appends. The next run begins with it, so no run adds up the whole
-- history.

with balances_before as (

    select * from {{ ref('stg_runs__ledger_balances') }}

),

postings as (

    select * from {{ ref('int_ledger_postings_due') }}

),

moved as (

    select
        account,
        customer_id,
        subledger_id,
        currency,
        balance_minor as amount_minor,
    from balances_before

    union all

    select
        account,
        customer_id,
        subledger_id,
        currency,
        amount_minor,
    from postings

),

final as (

    select
        account,
        customer_id,
        subledger_id,
        currency,
        sum(amount_minor)::bigint as balance_minor,
    from moved
    group by all
    having sum(amount_minor) <> 0

)

select * from final

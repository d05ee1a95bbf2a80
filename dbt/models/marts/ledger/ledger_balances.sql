-- The balance of every account by customer and currency. What is at zero has no row: whether
-- something was posted and reversed in between depends on the runs there were, a balance does
-- not.

with places as (

    select * from {{ ref('int_ledger_balances') }}

),

accounts as (

    select * from {{ ref('ledger_accounts') }}

),

balances as (

    select
        account,
        customer_id,
        currency,
        sum(balance_minor)::bigint as balance_minor,
    from places
    group by all
    having sum(balance_minor) <> 0

),

final as (

    select
        balances.account,
        accounts.account_type,
        accounts.normal_side,
        accounts.is_control,
        balances.customer_id,
        balances.currency,
        balances.balance_minor,
    from balances
    left join accounts using (account)

)

select * from final

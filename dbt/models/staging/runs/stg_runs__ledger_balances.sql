with

source as (

    select * from {{ source('lake', 'ledger_balances') }}

),

final as (

    select
        account,
        customer_id,
        subledger_id,
        currency,
        balance_minor,
    from source

)

select * from final

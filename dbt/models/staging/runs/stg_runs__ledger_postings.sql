with

source as (

    select * from {{ source('lake', 'ledger_postings') }}

),

final as (

    select
        entry_number,
        entry_id,
        account,
        customer_id,
        subledger_id,
        currency,
        amount_minor,
    from source

)

select * from final

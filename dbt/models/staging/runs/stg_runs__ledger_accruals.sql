with

source as (

    select * from {{ source('lake', 'ledger_accruals') }}

),

final as (

    select document_key,
    from source

)

select * from final

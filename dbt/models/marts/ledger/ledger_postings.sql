-- One row per posting of an entry: its account, customer and sub-ledger.

with targets as (

    select * from {{ ref('int_ledger_targets') }}

),

final as (

    select
        entry_id,
        account,
        customer_id,
        subledger_id,
        currency,
        amount_minor,
    from targets

)

select * from final

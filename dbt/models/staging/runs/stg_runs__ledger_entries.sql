with

source as (

    select * from {{ source('lake', 'ledger_entries') }}

),

final as (

    select
        entry_number,
        document_key,
        entry_id,
        target_id,
        source_type,
        source_id,
        rule,
        reverses_entry_id,
        description,
        effective_at,
        occurred_at,
        recorded_at,
        batch_number,
    from source

)

select * from final

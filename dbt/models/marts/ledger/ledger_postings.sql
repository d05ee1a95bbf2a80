{{ config(materialized='view') }}

-- One row per posting of an entry: its account, customer and sub-ledger.

with posted as (

    select * from {{ ref('stg_runs__ledger_postings') }}

),

due as (

    select * from {{ ref('int_ledger_postings_due') }}

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
    from posted

    union all

    select
        entry_number,
        entry_id,
        account,
        customer_id,
        subledger_id,
        currency,
        amount_minor,
    from due

)

select * from final

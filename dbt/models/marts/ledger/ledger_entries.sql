{{ config(materialized='view') }}

-- One row per journal entry: all that has been posted, and what this run appends. The snapshot's own
-- view is over the posted files alone, which by then hold both.

with posted as (

    select * from {{ ref('stg_runs__ledger_entries') }}

),

due as (

    select * from {{ ref('int_ledger_entries_due') }}

),

final as (

    select
        entry_number,
        entry_id,
        source_type,
        source_id,
        rule,
        reverses_entry_id,
        batch_number,
        description,
        effective_at,
        occurred_at,
        recorded_at,
    from posted

    union all

    select
        entry_number,
        entry_id,
        source_type,
        source_id,
        rule,
        reverses_entry_id,
        batch_number,
        description,
        effective_at,
        occurred_at,
        recorded_at,
    from due

)

select * from final

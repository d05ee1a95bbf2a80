-- One row per journal entry. Entries are what the sources call for as of this run.

with targets as (

    select * from {{ ref('int_ledger_targets') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

entries as (

    select distinct
        entry_id,
        source_type,
        source_id,
        rule,
        description,
        effective_at,
    from targets

),

final as (

    select
        entries.entry_id,
        entries.source_type,
        entries.source_id,
        entries.rule,
        null::varchar as reverses_entry_id,
        entries.description,
        entries.effective_at,
        parameters.as_of as recorded_at,
    from entries
    cross join parameters

)

select * from final

-- What has been posted for the documents that this run looks at, and whether it still stands: a
-- reversal never does by itself, and what it takes back does no longer.

with posted as (

    select * from {{ ref('stg_runs__ledger_entries') }}

),

numbers as (

    select * from {{ ref('int_ledger_entries_looked_at') }}

),

entries as (

    select posted.*
    from posted
    semi join numbers using (entry_number)

),

reversed as (

    select
        reverses_entry_id as entry_id,
        true as is_reversed,
    from entries
    where reverses_entry_id is not null

),

final as (

    select
        entries.*,
        entries.reverses_entry_id is null and reversed.is_reversed is null as is_standing,
    from entries
    left join reversed using (entry_id)

)

select * from final

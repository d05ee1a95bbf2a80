-- What has been posted for the documents that this run looks at, and whether it still stands: a
-- reversal never does by itself, and what it takes back does no longer. The documents' numbers are
-- found first, by one narrow column, so that little else of the history is read.

with posted as (

    select * from {{ ref('stg_runs__ledger_entries') }}

),

documents as (

    select document_key from {{ ref('int_ledger_documents_touched') }}

    union

    select document_key from {{ ref('int_ledger_targets') }}

),

numbers as (

    select posted.entry_number
    from posted
    semi join documents using (document_key)

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

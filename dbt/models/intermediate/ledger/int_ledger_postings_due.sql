-- The postings of the entries due: a reversal's are those of what it takes back, with the other sign;
-- an accrual's are what its target differs by; all others' are their target's.

with entries as (

    select * from {{ ref('int_ledger_entries_due') }}

),

targets as (

    select * from {{ ref('int_ledger_targets') }}

),

differences as (

    select * from {{ ref('int_ledger_differences') }}

),

posted as (

    select * from {{ ref('stg_runs__ledger_postings') }}

),

final as (

    select
        entries.entry_number,
        entries.entry_id,
        targets.account,
        targets.customer_id,
        targets.subledger_id,
        targets.currency,
        targets.amount_minor,
    from entries
    inner join targets using (target_id)
    where entries.reverses_entry_id is null and not entries.is_difference

    union all

    select
        entries.entry_number,
        entries.entry_id,
        differences.account,
        differences.customer_id,
        differences.subledger_id,
        differences.currency,
        differences.amount_minor,
    from entries
    inner join differences using (target_id)
    where entries.reverses_entry_id is null and entries.is_difference

    union all

    select
        entries.entry_number,
        entries.entry_id,
        posted.account,
        posted.customer_id,
        posted.subledger_id,
        posted.currency,
        -posted.amount_minor,
    from posted
    inner join entries on posted.entry_number = entries.reverses_entry_number

)

select * from final

-- What the documents looked at ought to move, less what stands posted for them; one row per target,
-- account, customer, sub-ledger and currency in which the two differ.

with targets as (

    select * from {{ ref('int_ledger_targets') }}

),

entries as (

    select * from {{ ref('int_ledger_entries_posted') }}

),

postings as (

    select * from {{ ref('stg_runs__ledger_postings') }}

),

standing as (

    select
        entry_number,
        target_id,
    from entries
    where is_standing

),

both_sides as (

    select
        target_id,
        account,
        customer_id,
        subledger_id,
        currency,
        amount_minor,
    from targets

    union all

    select
        standing.target_id,
        postings.account,
        postings.customer_id,
        postings.subledger_id,
        postings.currency,
        -postings.amount_minor,
    from postings
    inner join standing using (entry_number)

),

final as (

    select
        target_id,
        account,
        customer_id,
        subledger_id,
        currency,
        sum(amount_minor)::bigint as amount_minor,
    from both_sides
    group by all
    having sum(amount_minor) <> 0

)

select * from final

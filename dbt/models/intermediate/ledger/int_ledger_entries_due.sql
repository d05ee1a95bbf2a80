-- The entries that this run appends. What no longer holds is reversed at its own date, and what holds
-- instead is posted anew, under the next version of its id. An accrual that grew or shrank posts the
-- difference only. In a closed period nothing is posted: it goes to the first open one and says so.

with targets as (

    select * from {{ ref('int_ledger_targets') }}

),

posted as (

    select * from {{ ref('int_ledger_entries_posted') }}

),

differences as (

    select * from {{ ref('int_ledger_differences') }}

),

periods as (

    select * from {{ ref('int_ledger_periods_closed') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

wanted as (

    select distinct
        target_id,
        document_key,
        source_type,
        source_id,
        rule,
        description,
        effective_at,
        is_accrual,
    from targets

),

standing as (

    select * from posted
    where is_standing

),

versions as (

    select
        target_id,
        count(*) as version_count,
    from posted
    where reverses_entry_id is null
    group by all

),

-- an accrual's date runs with the as-of instant; only that of a document's own is a change
changed as (

    select target_id from differences

    union

    select wanted.target_id
    from wanted
    inner join standing using (target_id)
    where not wanted.is_accrual and wanted.effective_at <> standing.occurred_at

),

reversals as (

    select
        standing.document_key,
        'reversal:' || standing.entry_id as entry_id,
        standing.target_id,
        standing.source_type,
        standing.source_id,
        standing.rule,
        standing.entry_id as reverses_entry_id,
        'Reversal: ' || standing.description as description,
        standing.effective_at as meant_at,
        standing.occurred_at,
        standing.entry_number as reverses_entry_number,
        false as is_difference,
    from standing
    semi join changed using (target_id)
    left join wanted using (target_id)
    where not coalesce(wanted.is_accrual, false)

),

additions as (

    select
        wanted.document_key,
        concat_ws('#', wanted.target_id, nullif(coalesce(versions.version_count, 0) + 1, 1))
            as entry_id,
        wanted.target_id,
        wanted.source_type,
        wanted.source_id,
        wanted.rule,
        null as reverses_entry_id,
        wanted.description,
        wanted.effective_at as meant_at,
        wanted.effective_at as occurred_at,
        null::bigint as reverses_entry_number,
        wanted.is_accrual as is_difference,
    from wanted
    semi join changed using (target_id)
    left join versions using (target_id)

),

due as (

    select * from reversals

    union all

    select * from additions

),

final as (

    select
        parameters.ledger_entries
        + row_number() over (order by due.meant_at, due.reverses_entry_id is null, due.entry_id)
            as entry_number,
        due.document_key,
        due.entry_id,
        due.target_id,
        due.source_type,
        due.source_id,
        due.rule,
        due.reverses_entry_id,
        due.description || if(
            due.meant_at < periods.open_from,
            ' (of ' || strftime(due.meant_at, '%Y-%m-%d') || ', which was closed)',
            ''
        ) as description,
        {{ in_open_period('due.meant_at', 'periods.open_from') }} as effective_at,
        due.occurred_at,
        parameters.as_of as recorded_at,
        parameters.ledger_batches + 1 as batch_number,
        due.reverses_entry_number,
        due.is_difference,
    from due
    cross join periods
    cross join parameters

)

select * from final

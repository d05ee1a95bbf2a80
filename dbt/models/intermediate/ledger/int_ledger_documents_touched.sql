-- Documents whose entries may have to change, by their key: something that they read has landed
-- since the last publication, time has earned more of them, or they were an accrual then. After a
-- rebuild nothing is known of that, and everything posted is looked at. Usage not invoiced yet is
-- computed in every run and is not named here.

with recursive parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

rules as (

    select * from {{ ref('posting_rules') }}

),

posted as (

    select * from {{ ref('stg_runs__ledger_entries') }}

),

accruals as (

    select * from {{ ref('stg_runs__ledger_accruals') }}

),

lines as (

    select * from {{ ref('int_ledger_lines') }}

),

-- ids of Stripe are unique over all types
landed as (

    {{ ledger_ids_landed('(select landed_batches from parameters)') }}

),

readings as (

    {{ ledger_readings() }}

),

-- a refund asks whether its invoice was paid twice: by all charges, refunds and disputes of it
affected as (

    select object_id from landed
    where object_id is not null

    union

    select readings.reader_id
    from readings
    inner join affected using (object_id)
    where readings.reader_id is not null

),

-- an object is a document of at most one type; the other keys find nothing
documents as (

    select
        types.source_type,
        affected.object_id as source_id,
    from affected
    cross join (select distinct source_type from rules) as types

    union all

    select
        'invoice',
        lines.invoice_id,
    from lines
    cross join parameters
    where
        lines.is_deferred
        and lines.period_end_at > parameters.previous_as_of
        and lines.period_start_at < parameters.as_of

),

touched as (

    select {{ ledger_document_key('source_type', 'source_id') }} as document_key
    from documents

    union all

    select document_key from accruals

    union all

    select posted.document_key
    from posted
    inner join parameters on parameters.landed_batches is null

),

final as (

    select distinct document_key from touched

)

select * from final

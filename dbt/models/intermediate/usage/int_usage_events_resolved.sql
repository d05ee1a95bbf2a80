{{ config(materialized='view') }}
-- Usage events with who and what they stand for, and whether they were taken back. Void events are not in it.
with

events as (

    select * from {{ ref('int_usage_events') }}
    where voids is null

),

voids as (

    select * from {{ ref('int_usage_voids') }}

),

customer_references as (

    select * from {{ ref('int_usage_references') }}

),

meters as (

    select * from {{ ref('int_usage_meters') }}

),

final as (

    select
        events.id_space,
        events.event_id,
        events.shape,
        events.customer_ref,
        customer_references.customer_id,
        events.meter,
        meters.meter_id,
        coalesce(meters.formula, 'sum') as formula,
        events.value,
        events.occurred_at,
        events.first_received_at,
        voids.voided_event_id is not null as is_voided,
        voids.void_received_at,
        events.duplicates,
        events.conflicts,
        events.other_records,
        events.properties,
        customer_references.customer_ref is null as is_unknown_customer,
        coalesce(customer_references.is_ambiguous, false) as is_ambiguous_customer,
        meters.meter is null or events.occurred_at > meters.known_until as is_unknown_meter,
        events.file_hash,
        events.line_number,
        events.batch_number,
    from events
    left join voids on events.event_id = voids.voided_event_id
    left join customer_references
        on events.customer_ref = customer_references.customer_ref
        and events.occurred_at >= customer_references.valid_from
        and events.occurred_at < customer_references.valid_to
    left join meters on events.meter = meters.meter

)

select * from final

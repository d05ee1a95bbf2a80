{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='event_id',
) }}
-- One row per id: the record that counts, once, ever. Of several contents under one id the first received counts, the
-- others are conflicts. An id is decided anew, from all its records, when a new batch has a record of it.
with

records as not materialized (

    select * from {{ ref('int_usage_records') }}
    where reject_reason is null

),

{% if is_incremental() -%}
touched_ids as materialized (

    select distinct event_id
    from records
    where batch_number > (select coalesce(max(batch_number), 0) from {{ this }})

),

-- read once for the hashes and once for each kind of id: to hold all columns in memory would cost more
considered as not materialized (

    select * from records
    where event_id in (select event_id from touched_ids)

),
{%- else -%}
considered as not materialized (

    select * from records

),
{%- endif %}

-- Almost all ids come once. Their hashes tell so at a fraction of the memory that the ids would take; two ids that
-- share a hash are merely looked at more closely.
repeated_hashes as materialized (

    select hash(event_id) as event_hash
    from considered
    group by event_hash
    having count(*) > 1

),

single as (

    select * from considered
    where hash(event_id) not in (select event_hash from repeated_hashes)

),

ranked as (

    select
        *,
        row_number() over (
            partition by id_space, event_id
            order by
                received_at nulls last,
                value nulls last,
                occurred_at,
                customer_ref nulls last,
                meter nulls last,
                properties,
                voids nulls last,
                fraction_digits,
                file_hash,
                line_number
        ) as place,
    from considered
    where hash(event_id) in (select event_hash from repeated_hashes)

),

compared as (

    select
        others.*,
        winners.customer_ref is not distinct from others.customer_ref
        and winners.meter is not distinct from others.meter
        and winners.value is not distinct from others.value
        and winners.voids is not distinct from others.voids
        and winners.properties = others.properties
        and {{ cut_instant('winners.occurred_at', 'least(winners.fraction_digits, others.fraction_digits)') }}
        = {{ cut_instant('others.occurred_at', 'least(winners.fraction_digits, others.fraction_digits)') }}
        as is_same_content,
    from ranked as others
    inner join ranked as winners
        on others.id_space = winners.id_space
        and others.event_id = winners.event_id
        and winners.place = 1

),

counted as (

    select
        id_space,
        event_id,
        min(received_at) filter (where is_same_content) as first_received_at,
        count(*) filter (where is_same_content) - 1 as duplicates,
        count(*) filter (where not is_same_content) as conflicts,
        max(batch_number) as batch_number,
        list(
            {
                'customer_ref': customer_ref,
                'meter': meter,
                'value': value,
                'occurred_at': occurred_at,
                'properties': properties,
                'voids': voids,
                'received_at': received_at,
                'file_hash': file_hash,
                'line_number': line_number
            }
            order by place
        ) filter (where not is_same_content) as other_records,
    from compared
    group by id_space, event_id

),

repeated as (

    select
        ranked.* replace (counted.batch_number as batch_number),
        counted.first_received_at,
        counted.duplicates,
        counted.conflicts,
        counted.other_records,
    from ranked
    inner join counted
        on ranked.id_space = counted.id_space
        and ranked.event_id = counted.event_id
    where ranked.place = 1

),

unioned as (

    select
        *,
        received_at as first_received_at,
        0 as duplicates,
        0 as conflicts,
    from single
    union all by name
    select * exclude (place) from repeated

),

final as (

    select
        id_space,
        event_id,
        shape,
        customer_ref,
        meter,
        value,
        occurred_at,
        fraction_digits,
        case when conflicts > 0 then properties end as properties,
        voids,
        first_received_at,
        duplicates::integer as duplicates,
        conflicts::integer as conflicts,
        other_records,
        file_hash,
        line_number,
        batch_number,
    from unioned

)

select * from final

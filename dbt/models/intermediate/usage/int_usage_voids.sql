-- The ids that void events take back, and since when that is known. A void without a time of receipt is never late.
-- A void event cannot itself be taken back.
with

voids as (

    select * from {{ ref('int_usage_events') }}
    where voids is not null

),

final as (

    select
        voids as voided_event_id,
        case when count(first_received_at) = count(*) then min(first_received_at) end as void_received_at,
        min(event_id) as void_event_id,
    from voids
    group by voids

)

select * from final

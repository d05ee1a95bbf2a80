-- One row per meter name (`event_name`). Stripe allows one active meter per name; of several the active one counts,
-- then the newest. Usage of a retired meter counts as known up to the instant when the last one was retired.
with

meters as (

    select * from {{ ref('int_meters_current') }}

),

retired as (

    select
        event_name as meter,
        max(
            case
                when status = 'inactive' then coalesce(deactivated_at, updated_at, created_at)
                else timestamp '9999-12-31'
            end
        ) as known_until,
    from meters
    group by event_name

),

counting as (

    select *
    from meters
    qualify
        row_number() over (
            partition by event_name
            order by status = 'inactive', created_at desc nulls last, meter_id
        ) = 1

),

final as (

    select
        counting.event_name as meter,
        counting.meter_id,
        coalesce(counting.formula, 'sum') as formula,
        coalesce(counting.customer_payload_key, 'stripe_customer_id') as customer_payload_key,
        coalesce(counting.value_payload_key, 'value') as value_payload_key,
        retired.known_until,
    from counting
    inner join retired on counting.event_name = retired.meter

)

select * from final

-- One row per version of a subscription and item on it.
with

versions as (

    select * from {{ ref('int_subscription_versions') }}

),

final as (

    select
        versions.subscription_id,
        versions.customer_id,
        versions.version_number,
        versions.valid_from,
        versions.valid_to,
        versions.status,
        versions.currency,
        versions.event_id,
        items.item.subscription_item_id as subscription_item_id,
        items.item.position as position,
        items.item.created_at as created_at,
        items.item.price_id as price_id,
        items.item.quantity as quantity,
        items.item.current_period_start_at as current_period_start_at,
        items.item.current_period_end_at as current_period_end_at,
        items.item.discounts as discounts,
    from versions
    cross join unnest(versions.items) as items (item)

)

select * from final

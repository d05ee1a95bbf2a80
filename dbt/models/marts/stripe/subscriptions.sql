with

versions as (

    select * from {{ ref('int_subscription_versions') }}

),

final as (

    select
        subscription_id,
        customer_id,
        event_id,
        version_number,

        status,
        currency,
        collection_method,
        billing_mode,
        pause_behavior,
        proration_behavior,
        list_transform(items, lambda item: item.subscription_item_id) as subscription_item_ids,
        list_transform(items, lambda item: item.price_id) as price_ids,
        list_transform(items, lambda item: item.quantity) as quantities,

        is_cancel_at_period_end,
        is_start_known,

        valid_from,
        valid_to,
        created_at,
        billing_cycle_anchor_at,
        trial_start_at,
        trial_end_at,
        current_period_start_at,
        current_period_end_at,
        cancel_at,
        canceled_at,
        ended_at,
    from versions

)

select * from final

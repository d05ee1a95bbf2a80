-- One row per subscription state and item, with the price that was on it: what licensed charges,
-- prorations and the rating of usage look up.
with

states as (

    select * from {{ ref('int_subscription_states') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

meters as (

    select * from {{ ref('int_meters_current') }}

),

items as (

    select
        states.subscription_id,
        states.customer_id,
        states.currency,
        states.state_number,
        states.valid_from,
        states.valid_to,
        unnest(states.items) as item,
    from states

),

final as (

    select
        items.subscription_id,
        items.customer_id,
        items.currency,
        items.state_number,
        items.valid_from,
        items.valid_to,
        items.item.subscription_item_id as subscription_item_id,
        items.item.position as item_position,
        items.item.created_at as item_created_at,
        items.item.price_id as price_id,
        coalesce(items.item.quantity, 1) as quantity,
        items.item.discounts as discounts,
        prices.product_id,
        prices.billing_scheme,
        prices.tiers_mode,
        coalesce(prices.usage_type, 'licensed') as usage_type,
        meters.event_name as meter,
        meters.formula,
        case
            when prices.price_id is null then {{ not_computed('price_unknown') }}
            when prices.price_type = 'one_time' then {{ not_computed('price_not_recurring') }}
            when prices.usage_type = 'metered' and meters.meter_id is null
                then {{ not_computed('meter_unknown') }}
            when len(items.item.discounts) > 0 then {{ not_computed('item_discount') }}
        end as not_computed_reason,
    from items
    left join prices on items.item.price_id = prices.price_id
    left join meters on prices.meter_id = meters.meter_id

)

select * from final

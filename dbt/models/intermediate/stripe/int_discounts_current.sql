-- Every discount that is known by an id, wherever it was found: as an object of its own, or inside
-- what it is on.
with

own as (

    select
        discount_id,
        coupon_id,
        start_at,
        end_at,
        customer_id,
        subscription_id,
        subscription_item_id,
        invoice_id,
        coupon_raw,
    from {{ ref('stg_stripe__discounts') }}

),

customers as (

    select
        customer_id,
        unnest(discounts) as discount,
    from {{ ref('stg_stripe__customers') }}

),

subscriptions as (

    select
        customer_id,
        subscription_id,
        unnest(discounts) as discount,
    from {{ ref('stg_stripe__subscriptions') }}

),

subscription_items as (

    select
        subscriptions.customer_id,
        subscriptions.subscription_id,
        items.item.subscription_item_id as subscription_item_id,
        unnest(items.item.discounts) as discount,
    from {{ ref('stg_stripe__subscriptions') }} as subscriptions
    cross join unnest(subscriptions.items) as items (item)

),

invoices as (

    select
        customer_id,
        invoice_id,
        unnest(
            coalesce(discounts, [])
            || coalesce(flatten(list_transform(lines, lambda line: line.discounts)), [])
        ) as discount,
    from {{ ref('stg_stripe__invoices') }}

),

invoice_items as (

    select
        customer_id,
        invoice_id,
        unnest(discounts) as discount,
    from {{ ref('stg_stripe__invoice_items') }}

),

found as (

    select * from own
    union all by name
    select * exclude (discount), unnest(discount) from customers
    union all by name
    select * exclude (discount), unnest(discount) from subscriptions
    union all by name
    select * exclude (discount), unnest(discount) from subscription_items
    union all by name
    select * exclude (discount), unnest(discount) from invoices
    union all by name
    select * exclude (discount), unnest(discount) from invoice_items

),

-- a bare id says nothing; where two say something else, the later end is the greater one in every
-- run
final as (

    select
        discount_id,
        max(coupon_id) as coupon_id,
        max(start_at) as start_at,
        max(end_at) as end_at,
        max(customer_id) as customer_id,
        max(subscription_id) as subscription_id,
        max(subscription_item_id) as subscription_item_id,
        max(invoice_id) as invoice_id,
        max(coupon_raw) as coupon_raw,
    from found
    where discount_id is not null
    group by discount_id
    having max(coupon_id) is not null

)

select * from final

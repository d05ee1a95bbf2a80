-- Every discount on a subscription, state by state, with what its coupon gives. A subscription's
-- own discounts replace the customer's; a discount or coupon that was not landed is kept, as
-- unknown.
with

states as (

    select * from {{ ref('int_subscription_states') }}

),

customers as (

    select * from {{ ref('int_customers_current') }}

),

discounts as (

    select * from {{ ref('int_discounts_current') }}

),

coupons as (

    select * from {{ ref('int_coupons_current') }}

),

in_force as (

    select
        states.subscription_id,
        states.currency,
        states.state_number,
        states.valid_from,
        states.valid_to,
        case
            when len(states.discounts) > 0 then states.discounts
            else customers.discounts
        end as discounts,
    from states
    left join customers on states.customer_id = customers.customer_id

),

listed as (

    select
        * exclude (discounts),
        unnest(discounts) as discount,
        generate_subscripts(discounts, 1) as position,
    from in_force

),

named as (

    select
        listed.*,
        coalesce(listed.discount.coupon_id, discounts.coupon_id) as coupon_id,
        coalesce(listed.discount.start_at, discounts.start_at) as start_at,
        coalesce(listed.discount.end_at, discounts.end_at) as end_at,
        coalesce(listed.discount.coupon_raw, discounts.coupon_raw) as coupon_raw,
    from listed
    left join discounts on listed.discount.discount_id = discounts.discount_id

),

valued as (

    select
        named.subscription_id,
        named.state_number,
        named.valid_from,
        named.valid_to,
        named.position,
        named.discount.discount_id as discount_id,
        named.coupon_id,
        named.start_at,
        coalesce(named.end_at, {{ end_of_time() }}) as end_at,
        coalesce(coupons.duration, named.coupon_raw ->> '$.duration') as duration,
        coalesce(
            coupons.percent_off, try_cast(named.coupon_raw ->> '$.percent_off' as decimal(9, 6))
        ) as percent_off,
        -- an amount off counts only in its own currency, or in one the coupon states an amount for
        case
            when coalesce(coupons.currency, named.coupon_raw ->> '$.currency') = named.currency
                then coalesce(
                    coupons.amount_off_minor,
                    try_cast(named.coupon_raw ->> '$.amount_off' as bigint)
                )
            else try_cast(
                coalesce(coupons.currency_options, named.coupon_raw -> '$.currency_options')
                ->> ('$.' || named.currency || '.amount_off') as bigint
            )
        end as amount_off_minor,
        coalesce(
            coupons.applies_to_products,
            cast(json_extract(named.coupon_raw, '$.applies_to.products') as varchar[]),
            []
        ) as applies_to_products,
        named.start_at is not null
        and (coupons.coupon_id is not null or named.coupon_raw is not null) as is_known,
    from named
    left join coupons on named.coupon_id = coupons.coupon_id

),

-- an amount off in another currency takes nothing off
final as (

    select * from valued
    where not is_known or percent_off is not null or amount_off_minor is not null

)

select * from final

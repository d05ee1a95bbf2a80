-- What a customer's running subscriptions bring per month: licensed prices at their present
-- quantity, rounded per item. Trials are no revenue yet; a discount counts when it is a percentage
-- that runs on, a one-off one does not.
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_current') }}
    where status in ('active', 'past_due')

),

customers as (

    select * from {{ ref('int_customers_current') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

tiers as (

    select * from {{ ref('int_price_tiers') }}

),

discounts as (

    select * from {{ ref('int_discounts_current') }}

),

coupons as (

    select * from {{ ref('int_coupons_current') }}
    where percent_off is not null and duration in ('forever', 'repeating')

),

items as (

    select
        subscriptions.subscription_id,
        subscriptions.customer_id,
        subscriptions.currency,
        items.item.subscription_item_id as subscription_item_id,
        items.item.price_id as price_id,
        coalesce(items.item.quantity, 1) as quantity,
        -- a subscription's discounts stand in for the customer's, an item's come on top
        case
            when len(subscriptions.discounts) > 0 then subscriptions.discounts
            else coalesce(customers.discounts, [])
        end || coalesce(items.item.discounts, []) as discounts,
    from subscriptions
    cross join unnest(subscriptions.items) as items (item)
    left join customers on subscriptions.customer_id = customers.customer_id

),

licensed as (

    select
        items.*,
        prices.product_id,
        case prices.interval_unit
            when 'month' then 12
            when 'year' then 1
            when 'week' then 52
            when 'day' then 365
        end as intervals_a_year,
        coalesce(prices.interval_count, 1) as interval_count,
        prices.transform_divide_by,
        prices.transform_round,
    from items
    inner join prices on items.price_id = prices.price_id
    where
        prices.price_type = 'recurring'
        and coalesce(prices.usage_type, 'licensed') = 'licensed'

),

-- the unit that is priced: packages where the price counts in packages
units as (

    select
        *,
        case
            when transform_divide_by is null then quantity
            else cast(
                {{ packages('quantity', 'transform_divide_by', 'transform_round') }}
                as decimal(30, 12)
            )
        end as units,
    from licensed

),

rated as (

    select
        units.subscription_id,
        units.customer_id,
        units.subscription_item_id,
        units.product_id,
        units.intervals_a_year,
        units.interval_count,
        any_value(units.discounts) as discounts,
        sum(
            case
                when tiers.is_graduated
                    then cast(
                        {{ exact_product(
                            'greatest(
                                least(units.units, coalesce(tiers.up_to_units, units.units))
                                - tiers.from_units,
                                0
                            )',
                            'tiers.unit_amount_decimal',
                        ) }} as decimal(30, 12)
                    )
                    + case
                        when units.units > tiers.from_units or tiers.tier_number = 1
                            then coalesce(tiers.flat_amount_decimal, 0)
                        else 0
                    end
                when
                    (units.units > tiers.from_units or tiers.tier_number = 1)
                    and units.units <= coalesce(tiers.up_to_units, units.units)
                    then cast(
                        {{ exact_product('units.units', 'tiers.unit_amount_decimal') }}
                        as decimal(30, 12)
                    ) + coalesce(tiers.flat_amount_decimal, 0)
                else 0
            end
        ) as exact_minor,
    from units
    inner join tiers
        on units.price_id = tiers.price_id
        and units.currency = tiers.currency
    group by all

),

-- what is left of 1 after the percentages in force now, in millionths
discounted as (

    select
        rated.subscription_item_id,
        list(
            1000000 - cast(coupons.percent_off * 10000 as bigint) order by coupons.coupon_id
        ) as left_millionths,
    from rated
    cross join unnest(rated.discounts) as held (discount)
    cross join parameters
    left join discounts on held.discount.discount_id = discounts.discount_id
    inner join coupons on coalesce(held.discount.coupon_id, discounts.coupon_id) = coupons.coupon_id
    where
        coalesce(held.discount.start_at, discounts.start_at, parameters.as_of) <= parameters.as_of
        and coalesce(held.discount.end_at, discounts.end_at, {{ end_of_time() }}) > parameters.as_of
        and (
            coalesce(len(coupons.applies_to_products), 0) = 0
            or list_contains(coupons.applies_to_products, rated.product_id)
        )
    group by rated.subscription_item_id

),

-- several percentages one after the other, each time to the millionth
left_over as (

    select
        subscription_item_id,
        list_reduce(
            left_millionths,
            lambda left_of, each: (left_of * each + 500000) // 1000000,
            1000000
        ) as left_millionths,
    from discounted

),

-- a year's amount, to be divided by the months of a year and what the discounts leave
yearly as (

    select
        rated.customer_id,
        try(cast(rated.exact_minor * rated.intervals_a_year as decimal(30, 12))) as exact_minor,
        coalesce(left_over.left_millionths, 1000000) as numerator,
        12 * rated.interval_count * 1000000 as denominator,
        parameters.rounding_mode,
    from rated
    left join left_over on rated.subscription_item_id = left_over.subscription_item_id
    cross join parameters

),

divided as (

    select
        *,
        {{ fraction_quotient('exact_minor', 'numerator', 'denominator') }} as quotient,
        {{ fraction_remainder('exact_minor', 'numerator', 'denominator') }} as remainder,
    from yearly

),

monthly as (

    select
        customer_id,
        {{ round_quotient('quotient', 'remainder', 'denominator') }} as mrr_minor,
    from divided

),

final as (

    select
        customer_id,
        cast(sum(mrr_minor) as bigint) as mrr_minor,
    from monthly
    group by customer_id

)

select * from final

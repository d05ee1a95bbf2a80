-- What is included, what was used of it and when a limit was reached: only where the first tier of
-- the metered price is free, or where the contract sets a limit.
with

usage as (

    select * from {{ ref('int_usage_entitled') }}

),

parts as (

    select * from {{ ref('int_expected_line_parts') }}
    where kind = 'usage'

),

tiers as (

    select * from {{ ref('int_price_tiers') }}

),

limits as (

    select * from {{ ref('int_usage_limits_reached') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

-- several free tiers from the first on include what they include together
free_tiers as (

    select
        price_id,
        currency,
        max(up_to_units) as included,
    from (
        select
            *,
            bool_and(unit_amount_decimal = 0 and coalesce(flat_amount_decimal, 0) = 0) over (
                partition by price_id, currency order by tier_number
            ) as is_free_so_far,
        from tiers
    )
    where is_free_so_far and up_to_units is not null
    group by all

),

rated as (

    select
        subscription_id,
        subscription_item_id,
        price_id,
        window_start,
        cast(sum(amount_minor) as bigint) as amount_minor,
    from parts
    group by all

),

final as (

    select
        usage.customer_id,
        usage.subscription_id,
        usage.subscription_item_id,
        usage.price_id,
        usage.meter,
        usage.currency,
        usage.period_start,
        usage.period_end,
        usage.period_end > parameters.as_of as is_open,
        cast(coalesce(free_tiers.included, 0) as decimal(38, 12)) as included,
        cast(usage.quantity as decimal(38, 12)) as used,
        cast(
            greatest(usage.quantity - coalesce(free_tiers.included, 0), 0) as decimal(38, 12)
        ) as overage,
        if(usage.price_id is null, 0, rated.amount_minor) as overage_minor,
        cast(limits.limit_max as decimal(38, 12)) as "limit",
        limits.limit_per,
        cast(limits.limit_used as decimal(38, 12)) as limit_used,
        limits.limit_near_at,
        limits.limit_reached_at,
        limits.limit_exceeded_at,
    from usage
    cross join parameters
    left join free_tiers
        on usage.price_id = free_tiers.price_id
        and usage.currency = free_tiers.currency
    left join rated
        on usage.subscription_id = rated.subscription_id
        and usage.subscription_item_id = rated.subscription_item_id
        and usage.price_id = rated.price_id
        and usage.window_start = rated.window_start
    left join limits
        on usage.subscription_id = limits.subscription_id
        and usage.subscription_item_id is not distinct from limits.subscription_item_id
        and usage.price_id is not distinct from limits.price_id
        and usage.meter = limits.meter
        and usage.window_start = limits.window_start
    where free_tiers.price_id is not null or limits.limit_max is not null

)

select * from final

-- What is included, what was used of it and when a limit was reached: only where the first tier of
-- the metered price is free, or where the contract sets a limit.
with

usage as (

    select * from {{ ref('int_period_usage') }}

),

parts as (

    select * from {{ ref('int_expected_line_parts') }}
    where kind = 'usage'

),

tiers as (

    select * from {{ ref('int_price_tiers') }}

),

contracts as (

    select * from {{ ref('stg_contracts__contracts') }}

),

events as (

    select * from {{ ref('int_usage_events_resolved') }}
    where
        not is_voided
        and customer_id is not null
        and not is_ambiguous_customer
        and not is_unknown_meter

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

free_tiers as (

    select
        price_id,
        currency,
        up_to_units as included,
    from tiers
    where
        tier_number = 1
        and up_to_units is not null
        and unit_amount_decimal = 0
        and coalesce(flat_amount_decimal, 0) = 0

),

rated as (

    select
        subscription_id,
        subscription_item_id,
        price_id,
        period_start,
        period_end,
        cast(sum(amount_minor) as bigint) as amount_minor,
    from parts
    group by all

),

amendments as (

    select
        *,
        lead(starts_at) over (partition by contract_id order by starts_at) as next_starts_at,
    from contracts

),

limits as (

    select
        customer_id,
        starts_at,
        least(
            coalesce(next_starts_at, {{ end_of_time() }}), coalesce(ends_at, {{ end_of_time() }})
        ) as ends_at,
        unnest(limits) as usage_limit,
    from amendments

),

limited as (

    select
        usage.subscription_id,
        usage.subscription_item_id,
        usage.price_id,
        usage.window_start,
        min(limits.usage_limit.max) as usage_limit,
    from usage
    inner join limits
        on usage.customer_id = limits.customer_id
        and usage.meter = limits.usage_limit.meter
        and usage.period_start >= limits.starts_at
        and usage.period_start < limits.ends_at
    group by all

),

running as (

    select
        limited.subscription_id,
        limited.subscription_item_id,
        limited.price_id,
        limited.window_start,
        limited.usage_limit,
        events.occurred_at,
        case usage.formula
            when 'last' then events.value
            when 'count' then row_number() over window_so_far
            else sum(events.value) over window_so_far
        end as used_so_far,
    from limited
    inner join usage
        on limited.subscription_id = usage.subscription_id
        and limited.subscription_item_id = usage.subscription_item_id
        and limited.price_id = usage.price_id
        and limited.window_start = usage.window_start
    inner join events
        on usage.customer_id = events.customer_id
        and usage.meter = events.meter
        and events.occurred_at >= usage.window_start
        and events.occurred_at < usage.window_end
    window window_so_far as (
        partition by limited.subscription_item_id, limited.price_id, limited.window_start
        order by events.occurred_at, events.id_space, events.event_id
        rows between unbounded preceding and current row
    )

),

reached as (

    select
        subscription_id,
        subscription_item_id,
        price_id,
        window_start,
        min(occurred_at) as limit_reached_at,
    from running
    where used_so_far >= usage_limit
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
        rated.amount_minor as overage_minor,
        cast(limited.usage_limit as decimal(38, 12)) as "limit",
        reached.limit_reached_at,
    from usage
    cross join parameters
    left join free_tiers
        on usage.price_id = free_tiers.price_id
        and usage.currency = free_tiers.currency
    left join rated
        on usage.subscription_id = rated.subscription_id
        and usage.subscription_item_id = rated.subscription_item_id
        and usage.price_id = rated.price_id
        and usage.period_start = rated.period_start
        and usage.period_end = rated.period_end
    left join limited
        on usage.subscription_id = limited.subscription_id
        and usage.subscription_item_id = limited.subscription_item_id
        and usage.price_id = limited.price_id
        and usage.window_start = limited.window_start
    left join reached
        on usage.subscription_id = reached.subscription_id
        and usage.subscription_item_id = reached.subscription_item_id
        and usage.price_id = reached.price_id
        and usage.window_start = reached.window_start
    where free_tiers.price_id is not null or limited.usage_limit is not null

)

select * from final

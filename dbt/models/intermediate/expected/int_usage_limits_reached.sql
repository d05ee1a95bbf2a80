{{ config(materialized='ephemeral') }}

-- For every metered window with a contract's limit: the limit, the most that was used of it, and the
-- events that came near it, reached it and went beyond. A limit counts over its own stretch of time
-- (`per`), whatever the billing interval is: days and hours are those of UTC, all others step from
-- the billing anchor as periods do.
with

usage as (

    select * from {{ ref('int_usage_entitled') }}

),

periods as (

    select * from {{ ref('int_billing_periods') }}

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

amendments as (

    select
        *,
        least(
            coalesce(
                lead(starts_at) over (partition by contract_id order by starts_at),
                {{ end_of_time() }}
            ),
            coalesce(ends_at, {{ end_of_time() }})
        ) as amended_at,
    from contracts

),

contract_limits as (

    select
        customer_id,
        starts_at,
        amended_at,
        unnest(limits) as usage_limit,
    from amendments

),

-- the amendment that came last counts for the whole period; several limits of one meter stay apart
limited as (

    select
        usage.*,
        min(usage.window_start) over (partition by usage.customer_id, usage.meter) as counts_from,
        contract_limits.usage_limit.per as per,
        contract_limits.usage_limit.max as limit_max,
        periods.anchor_at,
    from usage
    inner join contract_limits
        on
            usage.customer_id = contract_limits.customer_id
            and usage.meter = contract_limits.usage_limit.meter
            and contract_limits.starts_at < usage.period_end
            and contract_limits.amended_at > usage.period_start
    inner join periods
        on
            usage.subscription_id = periods.subscription_id
            and usage.period_start = periods.period_start
            and usage.period_end = periods.period_end
    qualify rank() over (
        partition by
            usage.subscription_id,
            usage.subscription_item_id,
            usage.price_id,
            usage.meter,
            usage.window_start,
            contract_limits.usage_limit.per
        order by contract_limits.starts_at desc
    ) = 1

),

-- a word that is no interval means the billing period itself
steps as (

    select
        *,
        unnest(case
            when per in ('week', 'month', 'year') then generate_series(
                cast({{ intervals_between('anchor_at', 'period_start', 'per') }} as bigint) - 2,
                cast({{ intervals_between('anchor_at', 'period_end', 'per') }} as bigint) + 2
            )
            when per = 'day' then generate_series(
                0, datediff('day', period_start, period_end)
            )
            when per = 'hour' then generate_series(
                0, datediff('hour', period_start, period_end)
            )
            else [0]
        end) as step,
    from limited

),

stretches as (

    select
        *,
        case
            when per in ('week', 'month', 'year')
                then {{ step_interval('anchor_at', 'per', 'step') }}
            when per = 'day' then date_trunc('day', period_start) + to_days(step::integer)
            when per = 'hour' then date_trunc('hour', period_start) + to_hours(step)
            else period_start
        end as stretch_start,
        case
            when per in ('week', 'month', 'year')
                then {{ step_interval('anchor_at', 'per', 'step + 1') }}
            when per = 'day' then date_trunc('day', period_start) + to_days(step::integer + 1)
            when per = 'hour' then date_trunc('hour', period_start) + to_hours(step + 1)
            else period_end
        end as stretch_end,
    from steps

),

running as (

    select
        stretches.subscription_id,
        stretches.subscription_item_id,
        stretches.price_id,
        stretches.meter,
        stretches.window_start,
        stretches.per,
        stretches.limit_max,
        events.occurred_at,
        events.occurred_at >= stretches.window_start
        and events.occurred_at < stretches.window_end as is_inside,
        case stretches.formula
            when 'last' then events.value
            when 'count' then row_number() over stretch_so_far
            else sum(events.value) over stretch_so_far
        end as used_so_far,
    from stretches
    inner join events
        on
            stretches.customer_id = events.customer_id
            and stretches.meter = events.meter
            and events.occurred_at >= greatest(stretches.stretch_start, stretches.counts_from)
            and events.occurred_at < least(stretches.stretch_end, stretches.window_end)
    where
        stretches.stretch_start < stretches.window_end
        and stretches.stretch_end > stretches.window_start
    window stretch_so_far as (
        partition by
            stretches.subscription_item_id,
            stretches.price_id,
            stretches.customer_id,
            stretches.meter,
            stretches.window_start,
            stretches.per,
            stretches.stretch_start
        order by events.occurred_at, events.id_space, events.event_id
        rows between unbounded preceding and current row
    )

),

reached as (

    select
        subscription_id,
        subscription_item_id,
        price_id,
        meter,
        window_start,
        per,
        max(used_so_far) as most_used,
        min(occurred_at) filter (where used_so_far >= 0.8 * limit_max) as near_at,
        min(occurred_at) filter (where used_so_far >= limit_max) as limit_reached_at,
        min(occurred_at) filter (where used_so_far > limit_max) as exceeded_at,
    from running
    where is_inside
    group by all

),

-- of several limits the one reached first, or else the one of the longest stretch
final as (

    select
        limited.subscription_id,
        limited.subscription_item_id,
        limited.price_id,
        limited.meter,
        limited.window_start,
        limited.limit_max,
        limited.per as limit_per,
        coalesce(reached.most_used, 0) as limit_used,
        reached.near_at as limit_near_at,
        reached.limit_reached_at,
        reached.exceeded_at as limit_exceeded_at,
    from limited
    left join reached
        on
            limited.subscription_id = reached.subscription_id
            and limited.subscription_item_id is not distinct from reached.subscription_item_id
            and limited.price_id is not distinct from reached.price_id
            and limited.meter = reached.meter
            and limited.window_start = reached.window_start
            and limited.per = reached.per
    qualify row_number() over (
        partition by
            limited.subscription_id,
            limited.subscription_item_id,
            limited.price_id,
            limited.meter,
            limited.window_start
        order by
            reached.limit_reached_at nulls last,
            list_position(['year', 'month', 'week', 'day', 'hour'], limited.per) nulls first,
            limited.limit_max,
    ) = 1

)

select * from final

-- Allowances beside what was used of them: what is included by the billing period, a limit by the
-- fullest of its own stretches of time.
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

entitlements as (

    select * from {{ ref('entitlement_usage') }}

),

usage as (

    select * from {{ ref('int_period_usage') }}

),

events as (

    select * from {{ ref('int_usage_events_resolved') }}
    where
        not is_voided
        and customer_id is not null
        and not is_ambiguous_customer
        and not is_unknown_meter

),

price_tiers as (

    select * from {{ ref('int_price_tiers') }}

),

allowed as (

    select
        *,
        'included' as basis,
        'period' as per,
        included as allowance,
        used as counted,
        null as near_at,
        null as over_at,
    from entitlements
    where included > 0

    union all

    select
        *,
        'limit',
        if(limit_per in ('hour', 'day', 'week', 'month', 'year'), limit_per, 'period'),
        "limit",
        limit_used,
        limit_near_at,
        limit_exceeded_at,
    from entitlements
    where "limit" is not null

),

-- a price that came back within a period has its larger use here
stated as (

    select
        *,
        'allowance_' || left(md5(concat_ws(
            '|', subscription_id, subscription_item_id, price_id, meter, epoch_us(period_start), basis
        )), 20) as usage_allowance_id,
        greatest(counted - allowance, 0) as over,
        case
            when counted > allowance then 'over'
            when counted >= 0.8 * allowance then 'near'
            else 'under'
        end as state,
    from allowed
    qualify
        row_number() over (
            partition by usage_allowance_id
            order by counted desc, used desc, overage_minor desc, near_at, over_at
        ) = 1

),

running as (

    select
        stated.usage_allowance_id,
        stated.allowance,
        events.occurred_at,
        case usage.formula
            when 'last' then events.value
            when 'count' then row_number() over so_far
            else sum(events.value) over so_far
        end as used_so_far,
    from stated
    inner join usage
        on stated.subscription_id = usage.subscription_id
        and stated.subscription_item_id = usage.subscription_item_id
        and stated.price_id = usage.price_id
        and stated.period_start = usage.period_start
        and stated.used = usage.quantity
    inner join events
        on usage.customer_id = events.customer_id
        and usage.meter = events.meter
        and events.occurred_at >= usage.window_start
        and events.occurred_at < usage.window_end
    where stated.state <> 'under' and stated.basis = 'included'
    window so_far as (
        partition by stated.usage_allowance_id
        order by events.occurred_at, events.id_space, events.event_id
        rows between unbounded preceding and current row
    )

),

since as (

    select
        usage_allowance_id,
        min(occurred_at) filter (where used_so_far >= 0.8 * allowance) as near_at,
        min(occurred_at) filter (where used_so_far > allowance) as over_at,
    from running
    group by usage_allowance_id

),

-- what the allowance itself costs: nothing of what is included
to_rate as (

    select
        usage_allowance_id,
        price_id,
        currency,
        allowance as quantity,
    from stated
    where state = 'over'

),

rated as (

    {{ rated_amounts('to_rate', ['usage_allowance_id']) | indent(4) }}

),

final as (

    select
        stated.usage_allowance_id,
        stated.customer_id,
        stated.subscription_id,
        stated.subscription_item_id,
        stated.price_id,
        stated.meter,
        stated.basis,
        stated.per,
        stated.state,
        stated.currency,
        cast(stated.allowance as decimal(38, 12)) as allowance,
        cast(stated.counted as decimal(38, 12)) as used,
        cast(stated.over as decimal(38, 12)) as over,
        case
            when stated.allowance > 0
                then cast(try(
                    cast(stated.counted * 1000000 as hugeint) * 100
                    // cast(stated.allowance * 1000000 as hugeint)
                ) as bigint)
        end as used_percent,
        case
            when stated.state <> 'over' then 0
            when stated.counted = stated.used
                then cast(stated.overage_minor - rated.amount_minor as bigint)
        end as over_minor,
        stated.is_open,
        cast(coalesce(stated.near_at, since.near_at) as date) as near_since,
        cast(coalesce(stated.over_at, since.over_at) as date) as over_since,
        stated.period_start,
        stated.period_end,
    from stated
    left join since on stated.usage_allowance_id = since.usage_allowance_id
    left join rated on stated.usage_allowance_id = rated.usage_allowance_id

)

select * from final

-- Allowances beside what was used of them: of what is included, and of a limit that counts over the
-- billing period itself.
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

entitlements as (

    select * from {{ ref('entitlement_usage') }}
    -- a limit on what no item bills is looked up there
    where price_id is not null

),

usage as (

    select * from {{ ref('int_period_usage') }}

),

periods as (

    select * from {{ ref('int_billing_periods') }}

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
        included as allowance,
    from entitlements
    where included > 0

    union all by name

    select
        entitlements.*,
        'limit' as basis,
        entitlements."limit" as allowance,
    from entitlements
    inner join periods
        on entitlements.subscription_id = periods.subscription_id
        and entitlements.period_start = periods.period_start
    where
        entitlements."limit" is not null
        and (
            entitlements.limit_per not in ('hour', 'day', 'week', 'month', 'year')
            or (entitlements.limit_per = periods.interval_unit and periods.interval_count = 1)
        )

),

-- a price that came back within a period has its larger use here
stated as (

    select
        *,
        md5(concat_ws(
            '|', subscription_id, subscription_item_id, price_id, epoch_us(period_start), basis
        )) as allowance_key,
        greatest(used - allowance, 0) as over,
        case
            when used > allowance then 'over'
            when used >= 0.8 * allowance then 'near'
            else 'under'
        end as state,
    from allowed
    qualify row_number() over (
        partition by subscription_id, subscription_item_id, price_id, period_start, basis
        order by used desc
    ) = 1

),

running as (

    select
        stated.allowance_key,
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
    where stated.state <> 'under'
    window so_far as (
        partition by stated.allowance_key
        order by events.occurred_at, events.id_space, events.event_id
        rows between unbounded preceding and current row
    )

),

since as (

    select
        allowance_key,
        min(occurred_at) filter (where used_so_far >= 0.8 * allowance) as near_at,
        min(occurred_at) filter (where used_so_far > allowance) as over_at,
    from running
    group by allowance_key

),

-- what the allowance itself costs: nothing of what is included
to_rate as (

    select
        allowance_key,
        price_id,
        currency,
        allowance as quantity,
    from stated
    where state = 'over'

),

rated as (

    {{ rated_amounts('to_rate', ['allowance_key']) | indent(4) }}

),

final as (

    select
        stated.customer_id,
        stated.subscription_id,
        stated.subscription_item_id,
        stated.price_id,
        stated.meter,
        stated.basis,
        stated.state,
        stated.currency,
        cast(stated.allowance as decimal(38, 12)) as allowance,
        stated.used,
        cast(stated.over as decimal(38, 12)) as over,
        case
            when stated.allowance > 0
                then cast(try(
                    cast(stated.used * 1000000 as hugeint) * 100
                    // cast(stated.allowance * 1000000 as hugeint)
                ) as bigint)
        end as used_percent,
        cast(if(stated.state = 'over', stated.overage_minor - rated.amount_minor, 0) as bigint)
            as over_minor,
        stated.is_open,
        cast(since.near_at as date) as near_since,
        cast(since.over_at as date) as over_since,
        stated.period_start,
        stated.period_end,
    from stated
    left join since on stated.allowance_key = since.allowance_key
    left join rated on stated.allowance_key = rated.allowance_key

)

select * from final

-- The subscription's timeline as billing sees it: one row per state that lasted, from `valid_from`
-- to `valid_to`. Versions that another one replaced within the same second never were in force.
with

versions as (

    select * from {{ ref('int_subscription_versions') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_current') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

lasting as (

    select
        *,
        row_number() over (partition by subscription_id order by version_number) as state_number,
    from versions
    where valid_to is null or valid_to > valid_from

),

-- Every item of a classic subscription has one interval; two of them are reported, not guessed at.
intervals as (

    select
        lasting.subscription_id,
        lasting.state_number,
        min(prices.interval_unit) as interval_unit,
        min(prices.interval_count) as interval_count,
        count(distinct (prices.interval_unit, prices.interval_count)) > 1 as has_mixed_intervals,
    from lasting
    cross join unnest(lasting.items) as items (item)
    inner join prices on items.item.price_id = prices.price_id
    group by all

),

-- A subscription whose end was never told by an event still ends when the object says so; and
-- Stripe ends it by itself at `cancel_at`, whether or not anything that landed tells that it did.
ends as (

    select
        subscriptions.subscription_id,
        case
            when subscriptions.status in ('canceled', 'incomplete_expired')
                then coalesce(subscriptions.ended_at, subscriptions.canceled_at)
            else subscriptions.cancel_at
        end as service_end_at,
        subscriptions.proration_behavior as end_proration_behavior,
        subscriptions.status = 'incomplete_expired' as has_never_begun,
    from subscriptions
    cross join parameters
    where
        subscriptions.status in ('canceled', 'incomplete_expired')
        or subscriptions.cancel_at <= parameters.as_of

),

final as (

    select
        lasting.subscription_id,
        lasting.customer_id,
        lasting.currency,
        lasting.state_number,
        lasting.status,
        lasting.billing_mode,
        lasting.proration_discounts,
        lasting.proration_behavior,
        lasting.pause_behavior,
        lasting.collection_method,
        intervals.interval_unit,
        intervals.interval_count,
        coalesce(intervals.has_mixed_intervals, false) as has_mixed_intervals,
        -- a subscription has items: one that landed without any was landed in part
        coalesce(lasting.has_more_items, false)
        or coalesce(len(lasting.items), 0) = 0 as has_more_items,
        case
            when lasting.state_number = 1 then least(lasting.valid_from, lasting.created_at)
            else lasting.valid_from
        end as valid_from,
        coalesce(lasting.valid_to, {{ end_of_time() }}) as valid_to,
        coalesce(lasting.is_start_known, true) as is_start_known,
        lasting.history_known_from,
        lasting.created_at,
        lasting.started_at,
        lasting.billing_cycle_anchor_at as anchor_at,
        lasting.trial_start_at,
        lasting.trial_end_at,
        ends.service_end_at,
        ends.end_proration_behavior,
        coalesce(ends.has_never_begun, false) as has_never_begun,
        lasting.items,
        lasting.discounts,
    from lasting
    left join intervals
        on lasting.subscription_id = intervals.subscription_id
        and lasting.state_number = intervals.state_number
    left join ends on lasting.subscription_id = ends.subscription_id

)

select * from final

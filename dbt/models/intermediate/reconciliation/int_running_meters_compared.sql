-- Periods that are still running and whose meter Stripe counts differently: both totals up to the last window that
-- Stripe has closed, rated at the item's price. What shows here can be mended before there is an invoice.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

windows as (

    select * from {{ ref('int_meter_windows_compared') }}

),

period_usage as (

    select * from {{ ref('int_period_usage') }}

),

usage_events as (

    select * from {{ ref('int_usage_events_resolved') }}

),

price_tiers as (

    select * from {{ ref('int_price_tiers') }}

),

running as (

    select period_usage.*
    from period_usage
    cross join parameters
    where
        period_usage.period_end > parameters.as_of
        and period_usage.window_start <= parameters.as_of
        and period_usage.not_computed_reason is null

),

-- of windows of several lengths over one stretch the shortest tell it all
running_windows as (

    select
        running.subscription_id,
        running.subscription_item_id,
        running.price_id,
        running.period_start,
        windows.*,
        max(windows.end_at) over (
            partition by running.subscription_id, running.subscription_item_id, running.price_id
        ) as compared_until,
    from running
    inner join windows
        on
            running.customer_id = windows.customer_id
            and running.meter = windows.meter
            and windows.start_at >= running.window_start
            and windows.end_at <= running.window_end
    qualify
        windows.end_at - windows.start_at
        = min(windows.end_at - windows.start_at) over (
            partition by running.subscription_id, running.subscription_item_id, running.price_id
        )

),

running_differences as (

    select
        subscription_id,
        subscription_item_id,
        price_id,
        period_start,
        max(compared_until) as compared_until,
        sum(stripe_value - our_value) as difference,
        max_by(stripe_value, start_at) as last_stripe_value,
        list(
            meter_event_summary_id order by start_at
        ) filter (where our_value != stripe_value) as meter_event_summary_ids,
        list(
            {
                'from': start_at,
                'to': end_at,
                'ours': {{ format_quantity('our_value') }},
                'stripe': {{ format_quantity('stripe_value') }}
            } order by start_at
        ) filter (where our_value != stripe_value) as meter_windows,
    from running_windows
    group by all
    having bool_or(our_value != stripe_value)

),

running_totals as (

    select
        running.subscription_id,
        running.subscription_item_id,
        running.price_id,
        running.period_start,
        count(usage_events.event_id) as events,
        sum(usage_events.value) as value_sum,
        max_by(usage_events.value, {{ usage_recency('usage_events') }}) as value_last,
    from running
    inner join running_differences
        on
            running.subscription_id = running_differences.subscription_id
            and running.subscription_item_id = running_differences.subscription_item_id
            and running.price_id = running_differences.price_id
            and running.period_start = running_differences.period_start
    inner join usage_events
        on
            running.customer_id = usage_events.customer_id
            and running.meter = usage_events.meter
            and usage_events.occurred_at >= running.window_start
            and usage_events.occurred_at < running_differences.compared_until
            and not usage_events.is_voided
    group by all

),

running_formulas as (

    select
        running.subscription_id,
        running.subscription_item_id,
        running.price_id,
        running.customer_id,
        running.currency,
        running.meter,
        running.formula,
        running.period_start,
        running.period_end,
        running_differences.compared_until,
        running_differences.difference,
        running_differences.last_stripe_value,
        running_differences.meter_event_summary_ids,
        running_differences.meter_windows,
        coalesce(
            case running.formula
                when 'count' then running_totals.events
                when 'last' then running_totals.value_last
                else running_totals.value_sum
            end,
            0
        )::decimal(38, 12) as our_quantity,
    from running
    inner join running_differences
        on
            running.subscription_id = running_differences.subscription_id
            and running.subscription_item_id = running_differences.subscription_item_id
            and running.price_id = running_differences.price_id
            and running.period_start = running_differences.period_start
    left join running_totals
        on
            running.subscription_id = running_totals.subscription_id
            and running.subscription_item_id = running_totals.subscription_item_id
            and running.price_id = running_totals.price_id
            and running.period_start = running_totals.period_start

),

running_quantities as (

    select
        *,
        greatest(our_quantity, 0) as ours,
        greatest(
            case when formula = 'last' then last_stripe_value else our_quantity + difference end, 0
        ) as stripes,
    from running_formulas

),

to_rate as (

    select
        subscription_item_id,
        price_id,
        period_start,
        currency,
        'ours' as side,
        ours as quantity,
    from running_quantities

    union all

    select
        subscription_item_id,
        price_id,
        period_start,
        currency,
        'stripes' as side,
        stripes as quantity,
    from running_quantities

),

rated as (

    {{ rated_amounts(
        'to_rate', ['subscription_item_id', 'price_id', 'period_start', 'side']
    ) | indent(4) }}

),

running_rated as (

    select
        running_quantities.*,
        ours_rated.amount_minor as expected_minor,
        stripes_rated.amount_minor as actual_minor,
    from running_quantities
    inner join rated as ours_rated
        on
            running_quantities.subscription_item_id = ours_rated.subscription_item_id
            and running_quantities.price_id = ours_rated.price_id
            and running_quantities.period_start = ours_rated.period_start
            and ours_rated.side = 'ours'
    inner join rated as stripes_rated
        on
            running_quantities.subscription_item_id = stripes_rated.subscription_item_id
            and running_quantities.price_id = stripes_rated.price_id
            and running_quantities.period_start = stripes_rated.period_start
            and stripes_rated.side = 'stripes'

),

final as (

    select
        customer_id,
        meter,
        period_start,
        min(subscription_id) as subscription_id,
        min(price_id) as price_id,
        any_value(currency) as currency,
        sum(expected_minor)::bigint as expected_minor,
        sum(actual_minor)::bigint as actual_minor,
        sum(ours) as our_quantity,
        sum(stripes) as stripe_quantity,
        max(period_end) as period_end,
        max(compared_until) as compared_until,
        flatten(list(meter_event_summary_ids)) as meter_event_summary_ids,
        flatten(list(meter_windows)) as meter_windows,
    from running_rated
    group by customer_id, meter, period_start

)

select * from final

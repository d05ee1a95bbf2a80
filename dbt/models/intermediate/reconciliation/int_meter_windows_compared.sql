-- Every window of Stripe's meters for which there is a summary, with our own total over that same window. Windows of
-- whole days, by far the most, are added up from days; others look at every event.

with

summaries as (

    select * from {{ ref('int_meter_event_summaries_current') }}

),

meters as (

    select * from {{ ref('int_meters_current') }}

),

usage_events as (

    select * from {{ ref('int_usage_events_resolved') }}

),

windows as (

    select
        summaries.meter_event_summary_id,
        summaries.customer_id,
        summaries.meter_id,
        meters.event_name as meter,
        coalesce(meters.formula, 'sum') as formula,
        summaries.start_at,
        summaries.end_at,
        summaries.aggregated_value,
        (
            summaries.start_at = date_trunc('day', summaries.start_at)
            and summaries.end_at = summaries.start_at + interval 1 day
        ) as is_day,
    from summaries
    inner join meters
        on summaries.meter_id = meters.meter_id
    where summaries.customer_id is not null

),

counting as (

    select
        customer_id,
        meter,
        occurred_at,
        value,
        {{ usage_recency('usage_events') }} as recency,
        -- what is not asked for need not be remembered for every day
        meter in (select meter from windows where formula = 'last') as is_last,
    from usage_events
    where
        customer_id is not null
        and not is_voided

),

days as (

    select
        customer_id,
        meter,
        date_trunc('day', occurred_at) as start_at,
        sum(value) as value_sum,
        count(*) as events,
        max_by(value, recency) filter (where is_last) as value_last,
    from counting
    group by all

),

day_totals as (

    select
        windows.customer_id,
        windows.meter_id,
        windows.start_at,
        windows.end_at,
        days.value_sum,
        days.events,
        days.value_last,
    from windows
    inner join days
        on
            windows.customer_id = days.customer_id
            and windows.meter = days.meter
            and windows.start_at = days.start_at
    where windows.is_day

),

other_totals as (

    select
        windows.customer_id,
        windows.meter_id,
        windows.start_at,
        windows.end_at,
        sum(counting.value) as value_sum,
        count(*) as events,
        max_by(counting.value, counting.recency) filter (where counting.is_last) as value_last,
    from windows
    inner join counting
        on
            windows.customer_id = counting.customer_id
            and windows.meter = counting.meter
            and counting.occurred_at >= windows.start_at
            and counting.occurred_at < windows.end_at
    where not windows.is_day
    group by windows.customer_id, windows.meter_id, windows.start_at, windows.end_at

),

totals as (

    select * from day_totals
    union all
    select * from other_totals

),

final as (

    select
        windows.meter_event_summary_id,
        windows.customer_id,
        windows.meter_id,
        windows.meter,
        windows.formula,
        windows.start_at,
        windows.end_at,
        coalesce(
            case windows.formula
                when 'count' then totals.events
                when 'last' then totals.value_last
                else totals.value_sum
            end,
            0
        )::decimal(38, 12) as our_value,
        -- a negative total bills as 0
        coalesce(windows.aggregated_value, 0)::decimal(38, 12) as stripe_value,
    from windows
    left join totals
        on
            windows.customer_id = totals.customer_id
            and windows.meter_id = totals.meter_id
            and windows.start_at = totals.start_at
            and windows.end_at = totals.end_at

)

select * from final

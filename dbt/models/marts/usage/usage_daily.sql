with

-- not held in memory: it is wide, and read once per question
events as not materialized (

    select * from {{ ref('int_usage_events_resolved') }}
    where customer_id is not null

),

windows as (

    select * from {{ ref('int_usage_windows_billed') }}

),

-- usage that came after the invoice of its time was finalized; a void that came after it is late as well
late as (

    select
        events.customer_id,
        events.meter,
        events.occurred_at::date as usage_date,
        count(distinct (events.id_space, events.event_id)) as late_events,
    from events
    inner join windows
        on events.customer_id = windows.customer_id
        and events.meter = windows.meter
        and events.occurred_at >= windows.window_start
        and events.occurred_at < windows.window_end
        and (
            (events.first_received_at > windows.finalized_at and not events.is_voided)
            or (
                events.void_received_at > windows.finalized_at
                and coalesce(events.first_received_at, windows.finalized_at) <= windows.finalized_at
            )
        )
    group by all

),

measured as (

    select
        *,
        occurred_at::date as usage_date,
        case
            when not is_voided then date_diff('second', occurred_at, first_received_at)
        end as lag_seconds,
    from events

),

-- percentiles by rank: an aggregate of quantiles keeps every value of every day in memory
ranked as (

    select
        customer_id,
        meter,
        usage_date,
        is_voided,
        formula,
        value,
        duplicates,
        conflicts,
        lag_seconds,
        row_number() over (
            partition by customer_id, meter, usage_date order by lag_seconds nulls last
        ) as place,
        count(lag_seconds) over (partition by customer_id, meter, usage_date) as places,
    from measured

),

daily as (

    select
        customer_id,
        meter,
        usage_date,
        any_value(formula) as formula,
        sum(value) filter (where not is_voided) as value_sum,
        count(*) filter (where not is_voided) as events,
        count(*) filter (where is_voided) as voided_events,
        sum(duplicates)::bigint as duplicates,
        sum(conflicts)::bigint as conflicts,
        max(lag_seconds) filter (where place = ceil(places * 0.5)) as lag_seconds_p50,
        max(lag_seconds) filter (where place = ceil(places * 0.95)) as lag_seconds_p95,
        max(lag_seconds) as lag_seconds_max,
    from ranked
    group by customer_id, meter, usage_date

),

-- apart, so that other meters need not remember who was last
last_values as (

    select
        customer_id,
        meter,
        usage_date,
        arg_max(value, {{ usage_recency('measured') }}) as value_last,
    from measured
    where formula = 'last' and not is_voided
    group by customer_id, meter, usage_date

),

final as (

    select
        daily.customer_id,
        daily.meter,
        daily.usage_date,
        coalesce(
            case daily.formula
                when 'count' then daily.events
                when 'last' then last_values.value_last
                else daily.value_sum
            end,
            0
        )::decimal(38, 12) as quantity,
        daily.events,
        daily.voided_events,
        daily.duplicates,
        daily.conflicts,
        coalesce(late.late_events, 0) as late_events,
        daily.lag_seconds_p50,
        daily.lag_seconds_p95,
        daily.lag_seconds_max,
    from daily
    left join last_values
        on daily.customer_id = last_values.customer_id
        and daily.meter = last_values.meter
        and daily.usage_date = last_values.usage_date
    left join late
        on daily.customer_id = late.customer_id
        and daily.meter = late.meter
        and daily.usage_date = late.usage_date

)

select * from final

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
        date_diff('second', occurred_at, first_received_at) as lag_seconds,
    from events

),

daily as (

    select
        customer_id,
        meter,
        usage_date,
        case any_value(formula)
            when 'count' then (count(*) filter (where not is_voided))::decimal(38, 12)
            when 'last'
                then (
                    arg_max(value, {{ usage_recency('measured') }})
                        filter (where not is_voided and formula = 'last')
                )::decimal(38, 12)
            else (sum(value) filter (where not is_voided))::decimal(38, 12)
        end as quantity,
        count(*) filter (where not is_voided) as events,
        count(*) filter (where is_voided) as voided_events,
        sum(duplicates)::bigint as duplicates,
        sum(conflicts)::bigint as conflicts,
        quantile_disc(lag_seconds, [0.5, 0.95]) filter (where not is_voided) as lag_percentiles,
        max(lag_seconds) filter (where not is_voided) as lag_seconds_max,
    from measured
    group by customer_id, meter, usage_date

),

final as (

    select
        daily.customer_id,
        daily.meter,
        daily.usage_date,
        coalesce(daily.quantity, 0)::decimal(38, 12) as quantity,
        daily.events,
        daily.voided_events,
        daily.duplicates,
        daily.conflicts,
        coalesce(late.late_events, 0) as late_events,
        daily.lag_percentiles[1] as lag_seconds_p50,
        daily.lag_percentiles[2] as lag_seconds_p95,
        daily.lag_seconds_max,
    from daily
    left join late
        on daily.customer_id = late.customer_id
        and daily.meter = late.meter
        and daily.usage_date = late.usage_date

)

select * from final

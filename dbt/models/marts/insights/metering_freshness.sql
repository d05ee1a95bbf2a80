with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

events as (

    select * from {{ ref('int_usage_events') }}
    where voids is null

),

meters as (

    select * from {{ ref('int_usage_meters') }}

),

measured as (

    select
        events.meter,
        if(events.shape = 'cloudevents', events.id_space, events.shape) as source,
        events.occurred_at > parameters.as_of - interval 7 day
        and events.occurred_at <= parameters.as_of as is_recent,
        events.occurred_at,
        events.first_received_at,
        date_diff('second', events.occurred_at, events.first_received_at) as lag_seconds,
    from events
    cross join parameters

),

by_source as (

    select
        meter,
        source,
        count(*) filter (where is_recent) as events,
        quantile_disc(lag_seconds, [0.5, 0.95]) filter (where is_recent) as lag_percentiles,
        max(lag_seconds) filter (where is_recent) as lag_seconds_max,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at,
        max(first_received_at) as last_received_at,
    from measured
    group by meter, source

),

final as (

    select
        by_source.meter,
        by_source.source,
        by_source.events,
        by_source.lag_percentiles[1] as lag_seconds_p50,
        by_source.lag_percentiles[2] as lag_seconds_p95,
        by_source.lag_seconds_max,
        cast(parameters.metering_lag_limit_hours * 3600 as bigint) as lag_limit_seconds,
        greatest(date_diff('second', by_source.last_event_at, parameters.as_of), 0)
            as quiet_seconds,
        cast(parameters.metering_quiet_limit_hours * 3600 as bigint) as quiet_limit_seconds,
        coalesce(lag_seconds_p95 > lag_limit_seconds, false) as is_lag_over,
        quiet_seconds > quiet_limit_seconds
        and coalesce(meters.known_until > parameters.as_of, true) as is_quiet_over,
        by_source.first_event_at,
        by_source.last_event_at,
        by_source.last_received_at,
    from by_source
    cross join parameters
    left join meters on by_source.meter = meters.meter

)

select * from final

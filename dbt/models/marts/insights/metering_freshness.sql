with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

-- no row yet: the columns are fixed, the rule follows
final as (

    select
        cast(null as varchar) as meter,
        cast(null as varchar) as source,
        cast(null as bigint) as events,
        cast(null as bigint) as lag_seconds_p50,
        cast(null as bigint) as lag_seconds_p95,
        cast(null as bigint) as lag_seconds_max,
        cast(null as bigint) as lag_limit_seconds,
        cast(null as bigint) as quiet_seconds,
        cast(null as bigint) as quiet_limit_seconds,
        cast(null as boolean) as is_lag_over,
        cast(null as boolean) as is_quiet_over,
        cast(null as timestamp) as first_event_at,
        cast(null as timestamp) as last_event_at,
        cast(null as timestamp) as last_received_at,
    from parameters
    where false

)

select * from final

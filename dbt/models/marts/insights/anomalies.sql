with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

-- no row yet: the columns are fixed, the rule follows
final as (

    select
        cast(null as varchar) as anomaly_id,
        cast(null as varchar) as metric,
        cast(null as varchar) as subject,
        cast(null as varchar) as customer_id,
        cast(null as varchar) as customer_name,
        cast(null as varchar) as meter,
        cast(null as varchar) as shape,
        cast(null as varchar) as direction,
        cast(null as varchar) as unit,
        cast(null as decimal(38, 12)) as observed,
        cast(null as decimal(38, 12)) as expected,
        cast(null as double) as score,
        cast(null as bigint) as days,
        cast(null as varchar) as explanation,
        cast(null as boolean) as is_ongoing,
        cast(null as date) as day,
        cast(null as date) as last_day,
    from parameters
    where false

)

select * from final

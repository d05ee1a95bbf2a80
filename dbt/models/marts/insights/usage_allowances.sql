with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

-- no row yet: the columns are fixed, the rule follows
final as (

    select
        cast(null as varchar) as customer_id,
        cast(null as varchar) as subscription_id,
        cast(null as varchar) as subscription_item_id,
        cast(null as varchar) as price_id,
        cast(null as varchar) as meter,
        cast(null as varchar) as basis,
        cast(null as varchar) as state,
        cast(null as varchar) as currency,
        cast(null as decimal(38, 12)) as allowance,
        cast(null as decimal(38, 12)) as used,
        cast(null as decimal(38, 12)) as over,
        cast(null as bigint) as used_percent,
        cast(null as bigint) as over_minor,
        cast(null as boolean) as is_open,
        cast(null as date) as near_since,
        cast(null as date) as over_since,
        cast(null as timestamp) as period_start,
        cast(null as timestamp) as period_end,
    from parameters
    where false

)

select * from final

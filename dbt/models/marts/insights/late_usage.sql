with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

-- no row yet: the columns are fixed, the rule follows
final as (

    select
        cast(null as varchar) as late_usage_id,
        cast(null as varchar) as customer_id,
        cast(null as varchar) as subscription_id,
        cast(null as varchar) as invoice_id,
        cast(null as varchar) as price_id,
        cast(null as varchar) as meter,
        cast(null as varchar) as state,
        cast(null as varchar) as currency,
        cast(null as bigint) as events,
        cast(null as decimal(38, 12)) as quantity,
        cast(null as bigint) as amount_minor,
        cast(null as timestamp) as period_start,
        cast(null as timestamp) as period_end,
        cast(null as timestamp) as last_received_at,
        cast(null as timestamp) as billable_until,
    from parameters
    where false

)

select * from final

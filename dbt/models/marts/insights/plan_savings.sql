with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

-- no row yet: the columns are fixed, the rule follows
final as (

    select
        cast(null as varchar) as plan_saving_id,
        cast(null as varchar) as subscription_id,
        cast(null as varchar) as customer_id,
        cast(null as varchar[]) as price_ids,
        cast(null as varchar[]) as other_price_ids,
        cast(null as varchar) as currency,
        cast(null as bigint) as periods,
        cast(null as bigint) as other_subscriptions,
        cast(null as bigint) as amount_minor,
        cast(null as bigint) as other_minor,
        cast(null as bigint) as saving_minor,
        cast(null as boolean) as is_best,
        cast(null as timestamp) as periods_start,
        cast(null as timestamp) as periods_end,
    from parameters
    where false

)

select * from final

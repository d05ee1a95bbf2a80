with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

-- no row yet: the columns are fixed, the rule follows
final as (

    select
        cast(null as varchar) as metric,
        cast(null as varchar) as subject,
        cast(null as varchar) as label,
        cast(null as varchar) as unit,
        cast(null as decimal(38, 12)) as value,
        cast(null as boolean) as is_whole,
        cast(null as date) as day,
    from parameters
    where false

)

select * from final

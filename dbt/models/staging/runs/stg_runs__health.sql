with

source as (

    select * from {{ source('lake', 'health') }}

),

final as (

    select
        run_id,
        as_of,
        measure,
        value,
        unit,
    from source

)

select * from final

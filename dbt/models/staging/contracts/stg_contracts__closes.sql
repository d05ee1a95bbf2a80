with

source as (

    select * from {{ source('lake', 'closes') }}

),

final as (

    select
        batch_number,
        file_hash,
        line_number,
        period_month,
        action,
        closed_by,
        closed_at,
        raw,
    from source

)

select * from final

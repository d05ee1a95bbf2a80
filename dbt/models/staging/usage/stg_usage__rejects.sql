with

source as (

    select * from {{ source('lake', 'usage_rejects') }}

),

final as (

    select
        batch_number,
        file_hash,
        line_number,
        reason,
        detail,
        raw,
    from source

)

select * from final

with

source as (

    select * from {{ source('lake', 'landing_rejects') }}

),

final as (

    select
        batch_number,
        file_hash,
        line_number,
        folder,
        reason,
        detail,
        raw,
    from source

)

select * from final

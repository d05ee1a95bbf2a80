with

source as (

    select * from {{ source('lake', 'landed_files') }}

),

final as (

    select
        file_hash,
        folder,
        format,
        path,
        size_bytes,
        record_count,
        quarantined_count,
        batch_number,
        landed_at,
    from source

)

select * from final

with

source as (

    select * from {{ source('lake', 'acceptances') }}

),

final as (

    select
        batch_number,
        file_hash,
        line_number,
        discrepancy_id,
        reason,
        accepted_by,
        accepted_at,
        until_at,
        is_revoked,
        raw,
    from source

)

select * from final

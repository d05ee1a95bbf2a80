with

rejects as (

    select * from {{ ref('stg_runs__landing_rejects') }}

),

other_livemode as (

    select * from {{ ref('int_stripe_other_livemode') }}

),

landed_files as (

    select * from {{ ref('stg_runs__landed_files') }}

),

unioned as (

    select file_hash, line_number, reason, detail, raw from rejects
    union all
    select file_hash, line_number, reason, detail, raw from other_livemode

),

-- An object and the one inside it may both be at fault, and a file that was changed in place is two contents under one
-- path: the record is one all the same.
final as (

    select
        landed_files.path as file,
        unioned.line_number,
        unioned.reason,
        unioned.detail,
        unioned.raw,
    from unioned
    inner join landed_files on unioned.file_hash = landed_files.file_hash
    qualify
        row_number() over (
            partition by file, unioned.line_number
            order by unioned.reason, unioned.detail, unioned.raw, unioned.file_hash
        ) = 1

)

select * from final

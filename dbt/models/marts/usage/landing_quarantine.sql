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

-- an object and the one inside it may both be at fault; the record is one
first_of_line as (

    select *
    from unioned
    qualify row_number() over (partition by file_hash, line_number order by reason, detail) = 1

),

final as (

    select
        landed_files.path as file,
        first_of_line.line_number,
        first_of_line.reason,
        first_of_line.detail,
        first_of_line.raw,
    from first_of_line
    inner join landed_files on first_of_line.file_hash = landed_files.file_hash

)

select * from final

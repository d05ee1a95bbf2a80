with

rejects as (

    select * from {{ ref('stg_usage__rejects') }}

),

records as (

    select * from {{ ref('int_usage_records') }}

),

ambiguous_references as (

    select * from {{ ref('int_usage_references') }}
    where is_ambiguous

),

landed_files as (

    select * from {{ ref('stg_runs__landed_files') }}

),

without_payload as (

    select file_hash, line_number, reject_reason as reason, reject_detail as detail, raw
    from records
    where reject_reason is not null

),

ambiguous as (

    select
        records.file_hash,
        records.line_number,
        'ambiguous_customer' as reason,
        format('the account {} stands for several customers at that time', records.customer_ref) as detail,
        records.raw,
    from records
    inner join ambiguous_references
        on records.customer_ref = ambiguous_references.customer_ref
        and records.occurred_at >= ambiguous_references.valid_from
        and records.occurred_at < ambiguous_references.valid_to
    where records.reject_reason is null

),

unioned as (

    select file_hash, line_number, reason, detail, raw from rejects
    union all
    select * from without_payload
    union all
    select * from ambiguous

),

final as (

    select
        landed_files.path as file,
        unioned.line_number,
        unioned.reason,
        unioned.detail,
        unioned.raw,
    from unioned
    inner join landed_files on unioned.file_hash = landed_files.file_hash
    -- a file that was changed in place is two contents under one path: its line is one all the same
    qualify
        row_number() over (
            partition by file, unioned.line_number
            order by unioned.reason, unioned.detail, unioned.raw, unioned.file_hash
        ) = 1

)

select * from final

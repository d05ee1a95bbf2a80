with

source as (

    select * from {{ source('lake', 'contracts') }}

),

final as (

    select
        batch_number,
        file_hash,
        line_number,
        contract_id,
        account_id,
        account_name,
        customer_id,
        starts_at,
        ends_at,
        currency,
        coupon_id,
        commitment_amount_minor,
        commitment_interval,
        commitment_interval_count,
        items,
        limits,
        raw,
    from source

)

select * from final

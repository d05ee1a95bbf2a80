with

source as (

    select * from {{ source('lake', 'usage_records') }}

),

final as (

    select
        batch_number,
        file_hash,
        line_number,
        shape,
        id_space,
        event_id,
        customer_ref,
        meter,
        value,
        occurred_at,
        fraction_digits,
        received_at,
        voids,
        properties,
        payload,
        raw,
    from source

)

select * from final

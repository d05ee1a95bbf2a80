{{ config(materialized='view') }}
-- Usage records with the customer and the value that the meter's own payload keys name. Landing read the usual keys,
-- because meters may land later; a Stripe meter event that lacks what its meter names is rejected here.
with

records as (

    select * from {{ ref('stg_usage__records') }}

),

meters as (

    select * from {{ ref('int_usage_meters') }}

),

keyed as (

    select
        records.*,
        coalesce(meters.customer_payload_key, 'stripe_customer_id') as customer_key,
        coalesce(meters.value_payload_key, 'value') as value_key,
        records.shape = 'stripe' and (
            records.customer_ref is null
            or records.value is null
            or customer_key <> 'stripe_customer_id'
            or value_key <> 'value'
        ) as is_read_again,
    from records
    left join meters on records.meter = meters.meter

),

read_again as (

    select
        * exclude (customer_ref, value, properties),
        case
            when not is_read_again then customer_ref
            else {{ payload_text('payload', 'customer_key') }}
        end as customer_ref,
        case when is_read_again then {{ payload_text('payload', 'value_key') }} end as value_text,
        case
            when not is_read_again then value
            else {{ exact_decimal(payload_text('payload', 'value_key')) }}
        end as value,
        case
            when not is_read_again then properties
            else {{ payload_rest('payload', 'customer_key', 'value_key') }}
        end as properties,
    from keyed

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
        raw,
        case
            when not is_read_again then null
            when customer_ref is null or value_text is null then 'missing_field'
            when value is not null then null
            when regexp_full_match(value_text, '-[0-9.eE+-]+') then 'negative_value'
            when regexp_full_match(value_text, '[0-9.eE+-]+') then 'value_too_long'
            else 'invalid_value'
        end as reject_reason,
        case
            when not is_read_again then null
            when customer_ref is null
                then format('the field payload.{} is absent or empty, and the meter {} names it', customer_key, meter)
            when value_text is null
                then format('the field payload.{} is absent or empty, and the meter {} names it', value_key, meter)
            when value is null then format('payload.{} is {}', value_key, left(value_text, 60))
        end as reject_detail,
    from read_again

)

select * from final

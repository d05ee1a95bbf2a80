with

groups as (

    select * from {{ ref('int_expected_line_groups') }}

),

final as (

    select
        expected_line_id,
        expected_invoice_id,
        subscription_id,
        customer_id,
        subscription_item_id,
        price_id,
        contract_id,
        meter,
        kind,
        status,
        not_computed_reason,
        currency,
        cast(quantity as decimal(38, 12)) as quantity,
        case when status = 'computed' then amount_minor end as amount_minor,
        case when status = 'computed' then discount_minor end as discount_minor,
        case when status = 'computed' then credit_grants_minor end as credit_grants_minor,
        rounding_ties,
        cast(derivation as varchar) as derivation,
        period_start,
        period_end,
    from groups

)

select * from final

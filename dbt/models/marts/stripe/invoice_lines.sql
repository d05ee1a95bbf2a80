with

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

final as (

    select
        line_id,
        invoice_id,
        customer_id,
        subscription_id,
        subscription_item_id,
        price_id,
        product_id,
        invoice_item_id,
        position,

        description,
        currency,
        line_type,

        quantity,
        unit_amount_decimal,
        amount_minor,
        coalesce(
            cast(
                list_sum(list_transform(discount_amounts, lambda each: each.amount_minor)) as bigint
            ),
            0
        ) as discount_minor,
        coalesce(
            cast(
                list_sum(
                    list_transform(
                        list_filter(
                            credit_amounts,
                            lambda each: each.credit_type is distinct from 'discount'
                        ),
                        lambda each: each.amount_minor
                    )
                ) as bigint
            ),
            0
        ) as credit_grants_minor,
        tax_minor,

        is_proration,
        is_discountable,

        period_start_at as period_start,
        period_end_at as period_end,
    from lines

)

select * from final

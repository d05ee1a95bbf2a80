-- All lines of all expected invoices, in Stripe's order: pending items newest first, then
-- subscription items newest first (equal instants: the reverse of the subscription's list), tiers
-- ascending, units before the flat part. Discounts and credit grants are used up in this order.
with

parts as (

    select * from {{ ref('int_expected_line_parts') }}

),

commitments as (

    select * from {{ ref('int_expected_commitments') }}

),

flexible_credits as (

    select * from {{ ref('int_flexible_credits') }}

),

commitment_lines as (

    select
        expected_invoice_id,
        subscription_id,
        customer_id,
        currency,
        'commitment' as kind,
        contract_id,
        period_start,
        period_end,
        cast(1 as decimal(30, 12)) as group_quantity,
        cast(1 as decimal(30, 12)) as group_quantity_without_late,
        cast(1 as decimal(30, 12)) as quantity,
        period_end as pending_since,
        false as is_flat,
        false as is_rounding_tie,
        false as is_discountable,
        false as is_metered,
        commitment_amount_minor,
        rated_minor,
        shortfall_minor as amount_minor,
        not_computed_reason,
    from commitments

),

unioned as (

    select * from parts
    where expected_invoice_id is not null

    union all by name

    select * from flexible_credits

    union all by name

    select * from commitment_lines

),

final as (

    select
        *,
        row_number() over (
            partition by expected_invoice_id
            order by
                pending_since is null,
                pending_since desc,
                item_created_at desc,
                item_position desc,
                kind,
                price_id,
                period_start,
                window_start,
                tier_number,
                is_flat
        ) as line_number,
    from unioned

)

select * from final

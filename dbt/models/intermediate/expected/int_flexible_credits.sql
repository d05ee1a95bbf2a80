-- Credits of flexible billing: a change gives back what was actually charged for the time that is
-- left, discounts and all: the last charge for the item that covers it, whether the recurring one
-- or that of an earlier change. An item that was charged nothing gets nothing back.
with

legs as (

    select * from {{ ref('int_proration_legs') }}
    where billing_mode = 'flexible' and kind = 'proration_credit'

),

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

parts as (

    select * from {{ ref('int_expected_line_parts') }}
    where kind in ('recurring', 'proration_charge')

),

discounts as (

    select * from {{ ref('int_expected_discounts') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

placed as (

    select
        heads.expected_invoice_id,
        legs.* exclude (customer_id, currency, quantity, price_id, product_id),
        legs.customer_id,
        legs.currency,
    from legs
    asof join heads
        on legs.subscription_id = heads.subscription_id
        and legs.changed_at <= heads.due_at

),

part_discounts as (

    select
        expected_invoice_id,
        part_number,
        cast(sum(discount_minor) as bigint) as discount_minor,
    from discounts
    group by all

),

debits as (

    select
        parts.subscription_id,
        parts.subscription_item_id,
        parts.period_start,
        parts.period_end,
        any_value(parts.price_id) as price_id,
        any_value(parts.product_id) as product_id,
        any_value(parts.group_quantity) as quantity,
        min(parts.not_computed_reason) as not_computed_reason,
        cast(
            sum(parts.amount_minor) - coalesce(sum(part_discounts.discount_minor), 0) as bigint
        ) as charged_minor,
    from parts
    left join part_discounts
        on parts.expected_invoice_id = part_discounts.expected_invoice_id
        and parts.part_number = part_discounts.part_number
    group by all

),

charged as (

    select
        placed.*,
        debits.price_id,
        debits.product_id,
        debits.quantity,
        debits.charged_minor,
        coalesce(placed.not_computed_reason, debits.not_computed_reason) as reason,
        epoch(placed.nominal_end)::bigint - epoch(placed.changed_at)::bigint as fraction_seconds,
        epoch(placed.nominal_end)::bigint - epoch(debits.period_start)::bigint as full_seconds,
        parameters.rounding_mode,
    from placed
    asof join debits
        on placed.subscription_id = debits.subscription_id
        and placed.subscription_item_id = debits.subscription_item_id
        and placed.changed_at > debits.period_start
    cross join parameters
    -- charged for this very period
    where debits.period_end = placed.nominal_end

),

divided as (

    select
        *,
        {{ fraction_quotient(
            'cast(charged_minor as decimal(38, 12))',
            'cast(fraction_seconds as hugeint)',
            'cast(full_seconds as hugeint)'
        ) }} as quotient,
        {{ fraction_remainder(
            'cast(charged_minor as decimal(38, 12))',
            'cast(fraction_seconds as hugeint)',
            'cast(full_seconds as hugeint)'
        ) }} as remainder,
    from charged

),

final as (

    select
        expected_invoice_id,
        subscription_id,
        customer_id,
        currency,
        changed_at as pending_since,
        item_created_at,
        item_position,
        subscription_item_id,
        price_id,
        product_id,
        kind,
        1 as tier_number,
        false as is_flat,
        changed_at as period_start,
        nominal_end as period_end,
        quantity as group_quantity,
        quantity as group_quantity_without_late,
        quantity,
        quantity as rated_units,
        fraction_seconds,
        full_seconds,
        cast(charged_minor as decimal(38, 24)) as exact_minor,
        -{{ round_quotient('quotient', 'remainder', 'full_seconds') }} as amount_minor,
        {{ is_quotient_tie('remainder', 'full_seconds') }} as is_rounding_tie,
        false as is_discountable,
        false as is_metered,
        reason as not_computed_reason,
    from divided

)

select * from final

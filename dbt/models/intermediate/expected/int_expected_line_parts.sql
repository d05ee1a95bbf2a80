-- Expected invoice lines as Stripe writes them: one per charge, or one per tier (units and flat
-- part) where the price is graduated or has flat amounts. Each is rounded once, here; groups,
-- discounts and credits build on it.
with

charges as (

    select * from {{ ref('int_expected_charges') }}

),

tiers as (

    select * from {{ ref('int_price_tiers') }}

),

proration_discounts as (

    select * from {{ ref('int_proration_discounts') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

numbered as (

    select
        *,
        row_number() over (
            order by
                subscription_id,
                expected_invoice_id,
                kind,
                subscription_item_id,
                price_id,
                period_start,
                window_start
        ) as charge_number,
    from charges

),

priced as (

    select
        numbered.*,
        tiers.tier_number,
        coalesce(tiers.is_graduated, false) as is_graduated,
        tiers.from_units,
        tiers.up_to_units,
        tiers.unit_amount_decimal,
        tiers.flat_amount_decimal,
        tiers.transform_divide_by,
        coalesce(numbered.not_computed_reason, case
            when tiers.price_id is null then {{ not_computed('currency_missing') }}
            when proration_discounts.is_stacked then {{ not_computed('stacked_proration') }}
            when proration_discounts.is_shared then {{ not_computed('shared_proration') }}
            else tiers.not_computed_reason
        end) as reason,
        coalesce(proration_discounts.amount_off_minor, 0) as amount_off_minor,
        parameters.rounding_mode,
        case
            when
                numbered.kind in ('proration_credit', 'proration_charge')
                or fraction_start is not null
                then epoch(numbered.period_end)::bigint - epoch(numbered.period_start)::bigint
        end as fraction_seconds,
        epoch(numbered.period_end)::bigint - epoch(numbered.fraction_start)::bigint as full_seconds,
        proration_discounts.remaining_parts,
        try(list_reduce(
            proration_discounts.remaining_parts,
            lambda product, part: product * (part // gcd(part, 100000000::hugeint)),
            1::hugeint
        )) as percent_numerator,
        try(list_reduce(
            proration_discounts.remaining_parts,
            lambda product, part: product * (100000000::hugeint // gcd(part, 100000000::hugeint)),
            1::hugeint
        )) as percent_denominator,
        try(cast(
            case
                when tiers.transform_divide_by is not null
                    then {{ packages(
                        'numbered.quantity', 'tiers.transform_divide_by', 'tiers.transform_round'
                    ) }}
                else numbered.quantity
            end as decimal(30, 12)
        )) as billed_units,
    from numbered
    left join tiers
        on numbered.price_id = tiers.price_id
        and numbered.currency = tiers.currency
        and case
            -- a free trial is one line, whatever the price's tiers
            when numbered.is_free then tiers.tier_number = 1
            else
                (tiers.tier_number = 1 or numbered.quantity > tiers.from_units)
                and (
                    tiers.is_graduated
                    or tiers.up_to_units is null
                    or numbered.quantity <= tiers.up_to_units
                )
        end
    left join proration_discounts
        on numbered.subscription_item_id = proration_discounts.subscription_item_id
        and numbered.kind = proration_discounts.kind
        and numbered.pending_since = proration_discounts.pending_since
    cross join parameters

),

-- One line for the units of a tier, and one for its flat part where it has one.
unit_parts as (

    select
        *,
        false as is_flat,
        case
            when is_graduated then least(quantity, coalesce(up_to_units, quantity)) - from_units
            else quantity
        end as units,
        case
            when is_graduated then least(quantity, coalesce(up_to_units, quantity)) - from_units
            else billed_units
        end as rated_units,
        unit_amount_decimal as rate,
    from priced

),

flat_parts as (

    select
        *,
        true as is_flat,
        0 as units,
        1 as rated_units,
        flat_amount_decimal as rate,
    from priced
    where flat_amount_decimal is not null and not is_free

),

rated as (

    select
        *,
        case
            when reason is not null then null
            when is_free then 0
            else {{ exact_product('rated_units', 'rate') }}
        end as exact_minor,
    from (
        select * from unit_parts
        union all by name
        select * from flat_parts
    )

),

-- The part of a period, as whole numbers, and what an amount off leaves of the whole.
fractions as (

    select
        *,
        case
            when exact_minor = trunc(exact_minor, 12)
                then greatest(exact_minor - amount_off_minor, 0)
        end as base_minor,
        try(
            fraction_seconds * if(remaining_parts is null, 1::hugeint, percent_numerator)
        ) as fraction_numerator,
        try(
            full_seconds * if(remaining_parts is null, 1::hugeint, percent_denominator)
        ) as fraction_denominator,
    from rated

),

divided as (

    select
        *,
        {{ fraction_quotient('base_minor', 'fraction_numerator', 'fraction_denominator') }}
            as quotient,
        {{ fraction_remainder('base_minor', 'fraction_numerator', 'fraction_denominator') }}
            as remainder,
    from fractions

),

rounded as (

    select
        *,
        case
            when is_free then 0
            when fraction_seconds is null then {{ round_minor('exact_minor') }}
            else {{ round_quotient('quotient', 'remainder', 'fraction_denominator') }}
        end as unsigned_minor,
        case
            when fraction_seconds is null then coalesce({{ is_rounding_tie('exact_minor') }}, false)
            else {{ is_quotient_tie('remainder', 'fraction_denominator') }}
        end as is_rounding_tie,
    from divided

),

final as (

    select
        expected_invoice_id,
        subscription_id,
        customer_id,
        currency,
        pending_since,
        item_created_at,
        item_position,
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
        ) as part_number,
        subscription_item_id,
        price_id,
        product_id,
        meter,
        kind,
        tier_number,
        is_flat,
        period_start,
        period_end,
        window_start,
        quantity as group_quantity,
        quantity_without_late as group_quantity_without_late,
        units as quantity,
        rated_units,
        rate as unit_amount_decimal,
        transform_divide_by as package_units,
        is_free,
        fraction_seconds,
        full_seconds,
        case
            when percent_numerator is not null then percent_numerator || '/' || percent_denominator
        end as percent_remaining,
        exact_minor,
        case when kind = 'proration_credit' then -unsigned_minor else unsigned_minor end
            as amount_minor,
        is_rounding_tie,
        amount_off_minor,
        kind in ('recurring', 'usage') as is_discountable,
        kind = 'usage' as is_metered,
        case
            when reason is not null then reason
            when unsigned_minor is null then {{ not_computed('out_of_range') }}
        end as not_computed_reason,
    from rounded

)

select * from final

-- Expected lines as they are compared with Stripe's: one row per invoice, subscription item or
-- price, kind and period, with what its quantity would have been without the usage that came after
-- the invoice was finalized.
with

lines as (

    select * from {{ ref('int_expected_lines') }}

),

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

discounts as (

    select * from {{ ref('int_expected_discounts') }}

),

credits as (

    select * from {{ ref('int_expected_credits') }}

),

line_discounts as (

    select
        expected_invoice_id,
        part_number,
        cast(sum(discount_minor) as bigint) as discount_minor,
        list(
            {
                'discount': discount_id,
                'coupon': coupon_id,
                'percent_off': {{ decimal_text('percent_off') }},
                'amount_minor': discount_minor
            }
            order by step
        ) as discounts,
        count(*) filter (where is_rounding_tie) as rounding_ties,
        count(*) filter (where is_remainder) as amount_off_remainders,
    from discounts
    where part_number is not null
    group by expected_invoice_id, part_number

),

line_credits as (

    select
        expected_invoice_id,
        line_number,
        cast(sum(credit_minor) as bigint) as credit_grants_minor,
        list(
            {'credit_grant': credit_grant_id, 'amount_minor': credit_minor} order by step
        ) as credits,
    from credits
    group by expected_invoice_id, line_number

),

derived as (

    select
        lines.*,
        coalesce(line_discounts.discount_minor, 0) as discount_minor,
        coalesce(line_credits.credit_grants_minor, 0) as credit_grants_minor,
        coalesce(line_discounts.rounding_ties, 0) as discount_rounding_ties,
        coalesce(line_discounts.amount_off_remainders, 0) as amount_off_remainders,
        to_json({
            'tier': lines.tier_number,
            'is_flat': lines.is_flat,
            'is_free': coalesce(lines.is_free, false),
            'quantity': {{ decimal_text('lines.quantity') }},
            'package_units': lines.package_units,
            'rated_units': {{ decimal_text('lines.rated_units') }},
            'unit_amount': {{ decimal_text('lines.unit_amount_decimal') }},
            'fraction_seconds': lines.fraction_seconds,
            'full_seconds': lines.full_seconds,
            'percent_remaining': lines.percent_remaining,
            'amount_off_minor': lines.amount_off_minor,
            'committed_minor': lines.commitment_amount_minor,
            'rated_minor': lines.rated_minor,
            'exact_minor': {{ decimal_text('lines.exact_minor') }},
            'amount_minor': lines.amount_minor,
            'is_rounding_tie': lines.is_rounding_tie,
            'not_computed_reason': lines.not_computed_reason,
            'discounts': line_discounts.discounts,
            'credits': line_credits.credits
        }) as derivation,
    from lines
    left join line_discounts
        on lines.expected_invoice_id = line_discounts.expected_invoice_id
        and lines.part_number = line_discounts.part_number
    left join line_credits
        on lines.expected_invoice_id = line_credits.expected_invoice_id
        and lines.line_number = line_credits.line_number

),

grouped as (

    select
        expected_invoice_id,
        subscription_item_id,
        price_id,
        contract_id,
        kind,
        period_start,
        period_end,
        any_value(subscription_id) as subscription_id,
        any_value(customer_id) as customer_id,
        any_value(currency) as currency,
        any_value(meter) as meter,
        any_value(window_start) as usage_from,
        min(line_number) as line_number,
        any_value(group_quantity) as quantity,
        any_value(group_quantity_without_late) as quantity_without_late,
        case
            when bool_and(not_computed_reason is null) then cast(sum(amount_minor) as bigint)
        end as amount_minor,
        cast(sum(discount_minor) as bigint) as discount_minor,
        cast(sum(credit_grants_minor) as bigint) as credit_grants_minor,
        min(not_computed_reason) as not_computed_reason,
        cast(
            count(*) filter (where is_rounding_tie) + sum(discount_rounding_ties) as integer
        ) as rounding_ties,
        cast(sum(amount_off_remainders) as integer) as amount_off_remainders,
        list({'line_number': line_number, 'derivation': derivation}) as derivations,
    from derived
    group by all

),

final as (

    select
        'xil_' || left(md5(concat_ws(
            '|',
            grouped.expected_invoice_id,
            coalesce(grouped.subscription_item_id, grouped.contract_id),
            coalesce(grouped.price_id, ''),
            grouped.kind,
            epoch_us(grouped.period_start),
            epoch_us(grouped.period_end)
        )), 24) as expected_line_id,
        grouped.expected_invoice_id,
        matched.invoice_id,
        grouped.subscription_id,
        grouped.customer_id,
        grouped.subscription_item_id,
        grouped.price_id,
        grouped.contract_id,
        grouped.meter,
        grouped.kind,
        grouped.kind in ('proration_credit', 'proration_charge') as is_proration,
        grouped.period_start,
        grouped.period_end,
        grouped.usage_from,
        grouped.quantity,
        grouped.quantity_without_late,
        grouped.amount_minor,
        grouped.discount_minor,
        grouped.credit_grants_minor,
        grouped.currency,
        case
            when heads.not_computed_reason is null and grouped.not_computed_reason is null
                then 'computed'
            else 'not_computed'
        end as status,
        coalesce(heads.not_computed_reason, grouped.not_computed_reason) as not_computed_reason,
        grouped.line_number,
        grouped.rounding_ties,
        grouped.amount_off_remainders,
        -- most groups have one line: sorted here, since an ordered aggregate is dear for each group
        to_json(list_transform(
            list_sort(grouped.derivations), lambda line: line.derivation
        )) as derivation,
        heads.reason as invoice_reason,
        heads.due_at,
        matched.finalized_at,
    from grouped
    inner join heads on grouped.expected_invoice_id = heads.expected_invoice_id
    left join matched on grouped.expected_invoice_id = matched.expected_invoice_id

)

select * from final

-- Expected invoices with their totals before tax, and Stripe's own figures of the invoice that
-- stands for each.

with

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

groups as (

    select * from {{ ref('int_expected_line_groups') }}

),

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

expected_discounts as (

    select * from {{ ref('int_expected_discounts') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

expected_totals as (

    select
        expected_invoice_id,
        sum(amount_minor)::bigint as subtotal_minor,
        sum(discount_minor)::bigint as discount_minor,
        sum(credit_grants_minor)::bigint as credit_grants_minor,
        min(not_computed_reason) as not_computed_reason,
        list(
            {
                'kind': kind,
                'price_id': price_id,
                'quantity': quantity::varchar,
                'minor': amount_minor
            }
            order by line_number
        ) as groups,
    from groups
    group by expected_invoice_id

),

unknown_discounts as (

    select
        expected_invoice_id,
        min(not_computed_reason) as not_computed_reason,
    from expected_discounts
    where not_computed_reason is not null
    group by expected_invoice_id

),

-- a credit that names a discount is the discount again, as the older shape writes it
billed_totals as (

    select
        invoice_id,
        sum(amount_minor)::bigint as lines_minor,
        sum(coalesce(list_sum(
            list_transform(discount_amounts, lambda part: part.amount_minor)
        ), 0))::bigint as discount_minor,
        sum(coalesce(list_sum(list_transform(
            list_filter(
                credit_amounts, lambda part: part.credit_type = 'credit_balance_transaction'
            ),
            lambda part: part.amount_minor
        )), 0))::bigint as credit_grants_minor,
        sum(
            coalesce(tax_minor, 0) - coalesce(exclusive_tax_minor, 0)
        )::bigint as inclusive_tax_minor,
        bool_and(coalesce(is_complete, true)) as is_complete,
    from lines
    group by invoice_id

),

expected as (

    select
        heads.expected_invoice_id,
        matched.invoice_id,
        heads.subscription_id,
        heads.customer_id,
        heads.currency,
        heads.reason,
        heads.due_at,
        heads.period_start,
        heads.period_end,
        coalesce(
            heads.not_computed_reason,
            expected_totals.not_computed_reason,
            unknown_discounts.not_computed_reason
        ) as not_computed_reason,
        coalesce(expected_totals.subtotal_minor, 0) as expected_subtotal_minor,
        coalesce(expected_totals.discount_minor, 0) as expected_discount_minor,
        coalesce(expected_totals.credit_grants_minor, 0) as expected_credit_grants_minor,
        expected_totals.groups as expected_groups,
    from heads
    left join expected_totals
        on heads.expected_invoice_id = expected_totals.expected_invoice_id
    left join unknown_discounts
        on heads.expected_invoice_id = unknown_discounts.expected_invoice_id
    left join matched
        on heads.expected_invoice_id = matched.expected_invoice_id

),

final as (

    select
        coalesce(expected.invoice_id, billed_totals.invoice_id) as invoice_id,
        expected.* exclude (invoice_id),
        expected.expected_subtotal_minor
        - expected.expected_discount_minor
        - expected.expected_credit_grants_minor as expected_total_minor,
        billed_totals.lines_minor as billed_lines_minor,
        billed_totals.discount_minor as billed_discount_minor,
        billed_totals.credit_grants_minor as billed_credit_grants_minor,
        billed_totals.inclusive_tax_minor as billed_inclusive_tax_minor,
        coalesce(billed_totals.is_complete, true) as is_complete,
    from expected
    full outer join billed_totals
        on expected.invoice_id = billed_totals.invoice_id

)

select * from final

with

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

groups as (

    select * from {{ ref('int_expected_line_groups') }}

),

discounts as (

    select * from {{ ref('int_expected_discounts') }}

),

settlements as (

    select * from {{ ref('int_expected_settlements') }}

),

totals as (

    select
        expected_invoice_id,
        cast(sum(amount_minor) as bigint) as subtotal_minor,
        cast(sum(discount_minor) as bigint) as discount_minor,
        cast(sum(credit_grants_minor) as bigint) as credit_grants_minor,
        min(not_computed_reason) as not_computed_reason,
        count(*) as line_groups,
    from groups
    group by expected_invoice_id

),

unknown_discounts as (

    select
        expected_invoice_id,
        min(not_computed_reason) as not_computed_reason,
    from discounts
    where not_computed_reason is not null
    group by expected_invoice_id

),

reasoned as (

    select
        heads.*,
        matched.invoice_id as matched_invoice_id,
        coalesce(
            heads.not_computed_reason,
            totals.not_computed_reason,
            unknown_discounts.not_computed_reason
        ) as reason_not_computed,
        coalesce(totals.subtotal_minor, 0) as subtotal_minor,
        coalesce(totals.discount_minor, 0) as discount_minor,
        coalesce(totals.credit_grants_minor, 0) as credit_grants_minor,
        coalesce(totals.line_groups, 0) as line_groups,
        coalesce(settlements.inclusive_tax_minor, 0) as inclusive_tax_minor,
        coalesce(settlements.exclusive_tax_minor, 0) as exclusive_tax_minor,
        settlements.starting_balance_minor,
        settlements.ending_balance_minor,
        settlements.amount_due_minor,
        settlements.is_below_minimum,
    from heads
    left join matched on heads.expected_invoice_id = matched.expected_invoice_id
    left join settlements on heads.expected_invoice_id = settlements.expected_invoice_id
    left join totals on heads.expected_invoice_id = totals.expected_invoice_id
    left join unknown_discounts on heads.expected_invoice_id = unknown_discounts.expected_invoice_id

),

final as (

    select
        expected_invoice_id,
        matched_invoice_id,
        subscription_id,
        customer_id,
        reason,
        case when reason_not_computed is null then 'computed' else 'not_computed' end as status,
        reason_not_computed as not_computed_reason,
        currency,
        case when reason_not_computed is null then subtotal_minor end as subtotal_minor,
        case when reason_not_computed is null then discount_minor end as discount_minor,
        case when reason_not_computed is null then credit_grants_minor end as credit_grants_minor,
        case
            when reason_not_computed is null
                then subtotal_minor - discount_minor - credit_grants_minor - inclusive_tax_minor
        end as total_excl_tax_minor,
        case
            when reason_not_computed is null
                then subtotal_minor - discount_minor - credit_grants_minor + exclusive_tax_minor
        end as total_minor,
        case when reason_not_computed is null then starting_balance_minor end
            as starting_balance_minor,
        case when reason_not_computed is null then ending_balance_minor end as ending_balance_minor,
        case when reason_not_computed is null then amount_due_minor end as amount_due_minor,
        cast(line_groups as integer) as line_groups,
        case when reason_not_computed is null then is_below_minimum end as is_below_minimum,
        period_start,
        period_end,
        due_at,
    from reasoned

)

select * from final

-- What comes off an invoice after its lines: discounts, then credit grants, then the customer
-- balance. Figures are the signed effect on what is paid: a discount of 500 is -500. Each is judged
-- only where the step before it is right, so that a wrong line is not reported again as a wrong
-- discount.

with

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

totals as (

    select * from {{ ref('int_expected_invoice_totals') }}

),

judged_groups as (

    select * from {{ ref('int_line_groups_judged') }}

),

compared_groups as (

    select * from {{ ref('int_line_groups_compared') }}

),

expected_credits as (

    select * from {{ ref('int_expected_credits') }}

),

discounts_on_billed_lines as (

    select * from {{ ref('int_discounts_on_billed_lines') }}

),

credit_transactions as (

    select * from {{ ref('int_credit_balance_transactions_current') }}

),

balance_transactions as (

    select * from {{ ref('int_customer_balance_transactions_current') }}

),

invoices_with_wrong_lines as (

    select distinct invoice_id
    from judged_groups

    union

    -- what is not computed, or was put there by hand, is discounted too
    select distinct invoice_id
    from compared_groups
    where status in ('not_computed', 'manual') and invoice_id is not null

),

comparable as (

    select
        totals.*,
        invoices.status,
        invoices.period_start_at,
        invoices.finalized_at,
        invoices.total_excl_tax_minor,
        invoices_with_wrong_lines.invoice_id is not null as has_wrong_lines,
    from totals
    inner join invoices
        on totals.invoice_id = invoices.invoice_id
    left join invoices_with_wrong_lines
        on totals.invoice_id = invoices_with_wrong_lines.invoice_id
    where
        totals.expected_invoice_id is not null
        and totals.not_computed_reason is null
        and totals.is_complete
        and totals.currency = invoices.currency

),

-- with wrong lines beside it a discount that ought not to be there, or one that is not there at all,
-- is certain; else it is wrong when it fits neither the lines expected nor the lines billed, where a
-- minor unit for each line may be rounding
discounts_wrong as (

    select
        comparable.*,
        case
            when
                comparable.has_wrong_lines
                and comparable.expected_discount_minor != 0
                and comparable.billed_discount_minor != 0
                then discounts_on_billed_lines.discount_minor
            else comparable.expected_discount_minor
        end as due_discount_minor,
        case
            when comparable.expected_discount_minor = 0 then 'no coupon is in force'
            when comparable.billed_discount_minor = 0 then 'a coupon is in force'
            else 'another amount'
        end as detail,
    from comparable
    left join discounts_on_billed_lines
        on comparable.invoice_id = discounts_on_billed_lines.invoice_id
    where
        comparable.expected_discount_minor != comparable.billed_discount_minor
        and (
            not comparable.has_wrong_lines
            or comparable.expected_discount_minor = 0
            or comparable.billed_discount_minor = 0
            or abs(
                comparable.billed_discount_minor - discounts_on_billed_lines.discount_minor
            ) > discounts_on_billed_lines.lines
        )

),

discount_rows as (

    select
        {{ discrepancy(
            kind="'discount_mismatch'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            period_start='period_start_at',
            currency='currency',
            expected_minor='-due_discount_minor',
            actual_minor='-billed_discount_minor',
            stage=stage_of_invoice('status'),
            detail='detail',
            evidence="to_json({
                'expected_invoice_id': expected_invoice_id,
                'subtotal_minor': expected_subtotal_minor,
                'expected_discount_minor': expected_discount_minor,
                'due_on_billed_lines_minor': due_discount_minor,
                'billed_discount_minor': billed_discount_minor
            })",
        ) }}
    from discounts_wrong

),

expected_by_grant as (

    select
        totals.invoice_id,
        expected_credits.credit_grant_id,
        sum(expected_credits.credit_minor)::bigint as expected_minor,
    from expected_credits
    inner join totals
        on expected_credits.expected_invoice_id = totals.expected_invoice_id
    where totals.invoice_id is not null
    group by all

),

applied_by_grant as (

    select
        invoice_id,
        credit_grant_id,
        sum(amount_minor)::bigint as applied_minor,
    from credit_transactions
    where
        invoice_id is not null
        and entry_type = 'credits_applied'
    group by all

),

grants_compared as (

    select
        coalesce(expected_by_grant.invoice_id, applied_by_grant.invoice_id) as invoice_id,
        bool_or(
            coalesce(expected_by_grant.expected_minor, 0)
            != coalesce(applied_by_grant.applied_minor, 0)
        ) as is_different,
        list({
            'credit_grant_id': coalesce(
                expected_by_grant.credit_grant_id, applied_by_grant.credit_grant_id
            ),
            'expected_minor': coalesce(expected_by_grant.expected_minor, 0),
            'applied_minor': coalesce(applied_by_grant.applied_minor, 0)
        } order by coalesce(
            expected_by_grant.credit_grant_id, applied_by_grant.credit_grant_id
        )) as grants,
    from expected_by_grant
    full outer join applied_by_grant
        on
            expected_by_grant.invoice_id = applied_by_grant.invoice_id
            and expected_by_grant.credit_grant_id = applied_by_grant.credit_grant_id
    group by all

),

-- Credits are applied when an invoice is finalized: a draft has none yet.
credits_wrong as (

    select
        comparable.*,
        grants_compared.grants,
        case
            when comparable.billed_credit_grants_minor = 0 then 'not applied'
            when comparable.expected_credit_grants_minor = comparable.billed_credit_grants_minor
                then 'in the wrong order'
            when comparable.expected_credit_grants_minor < comparable.billed_credit_grants_minor
                then 'too much of them'
            else 'too little of them'
        end as detail,
    from comparable
    left join grants_compared
        on comparable.invoice_id = grants_compared.invoice_id
    anti join discounts_wrong
        on comparable.invoice_id = discounts_wrong.invoice_id
    where
        comparable.finalized_at is not null
        and not comparable.has_wrong_lines
        and (
            comparable.expected_credit_grants_minor != comparable.billed_credit_grants_minor
            or grants_compared.is_different
        )

),

credit_rows as (

    select
        {{ discrepancy(
            kind="'credit_grant_mismatch'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            period_start='period_start_at',
            currency='currency',
            expected_minor='-expected_credit_grants_minor',
            actual_minor='-billed_credit_grants_minor',
            detail='detail',
            evidence="to_json({
                'expected_invoice_id': expected_invoice_id,
                'grants': grants
            })",
        ) }}
    from credits_wrong

),

-- Amounts under Stripe's minimum charge go to the balance instead of being paid.
too_small as (

    select distinct invoice_id
    from balance_transactions
    where transaction_type = 'invoice_too_small' and invoice_id is not null

),

-- All credit (or debt) there was is used; a negative total becomes credit.
balances as (

    select
        invoices.*,
        invoices.starting_balance_minor - case
            when too_small.invoice_id is not null
                then invoices.total_minor + invoices.starting_balance_minor
            else least(invoices.total_minor + invoices.starting_balance_minor, 0)
        end as expected_effect_minor,
        invoices.starting_balance_minor - invoices.ending_balance_minor as actual_effect_minor,
    from invoices
    left join too_small
        on invoices.invoice_id = too_small.invoice_id
    where
        invoices.finalized_at is not null
        and invoices.starting_balance_minor is not null
        and invoices.ending_balance_minor is not null

),

balance_rows as (

    select
        {{ discrepancy(
            kind="'balance_mismatch'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            period_start='period_start_at',
            currency='currency',
            expected_minor='expected_effect_minor',
            actual_minor='actual_effect_minor',
            evidence="to_json({
                'total_minor': total_minor,
                'starting_balance_minor': starting_balance_minor,
                'ending_balance_minor': ending_balance_minor,
                'amount_due_minor': amount_due_minor
            })",
        ) }}
    from balances
    where expected_effect_minor != actual_effect_minor

),

final as (

    select * from discount_rows
    union all
    select * from credit_rows
    union all
    select * from balance_rows

)

select * from final

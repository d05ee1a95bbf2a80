-- What comes off an invoice after its lines: discounts, then credit grants, then the customer
-- balance. Figures are the signed effect on what is paid: a discount of 500 is -500. Where a step
-- before it is wrong, what is due is what follows from the lines and discounts that the invoice
-- has, so that a wrong line is not found again as a wrong discount.

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

expected_discounts as (

    select * from {{ ref('int_expected_discounts') }}

),

expected_credits as (

    select * from {{ ref('int_expected_credits') }}

),

credit_transactions as (

    select * from {{ ref('int_credit_balance_transactions_current') }}

),

balance_transactions as (

    select * from {{ ref('int_customer_balance_transactions_current') }}

),

balances_before as (

    select * from {{ ref('int_balances_before_invoices') }}

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

discounts_as_billed as (

    select
        expected_invoice_id,
        sum(discount_minor)::bigint as discount_minor,
    from expected_discounts
    group by all

),

comparable as (

    select
        totals.* replace (
            case
                when invoices_with_wrong_lines.invoice_id is null
                    then totals.expected_discount_minor
                else coalesce(discounts_as_billed.discount_minor, 0)
            end as expected_discount_minor
        ),
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
    left join discounts_as_billed
        on {{ as_billed('totals.expected_invoice_id') }} = discounts_as_billed.expected_invoice_id
    where
        totals.expected_invoice_id is not null
        and totals.not_computed_reason is null
        and totals.is_complete
        and totals.currency = invoices.currency

),

discounts_wrong as (

    select
        *,
        case
            when expected_discount_minor = 0 then 'no coupon is in force'
            when billed_discount_minor = 0 then 'a coupon is in force'
            else 'another amount'
        end as detail,
    from comparable
    where expected_discount_minor != billed_discount_minor

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
            expected_minor='-expected_discount_minor',
            actual_minor='-billed_discount_minor',
            stage=stage_of_invoice('status'),
            detail='detail',
            evidence="to_json({
                'expected_invoice_id': expected_invoice_id,
                'subtotal_minor': expected_subtotal_minor,
                'expected_discount_minor': expected_discount_minor,
                'billed_discount_minor': billed_discount_minor
            })",
        ) }}
    from discounts_wrong

),

judged as (

    select
        comparable.* exclude (expected_credit_grants_minor),
        case
            when comparable.has_wrong_lines or discounts_wrong.invoice_id is not null
                then {{ as_billed('comparable.expected_invoice_id') }}
            else comparable.expected_invoice_id
        end as credited_as_id,
    from comparable
    left join discounts_wrong
        on comparable.invoice_id = discounts_wrong.invoice_id

),

expected_by_grant as (

    select
        judged.invoice_id,
        expected_credits.credit_grant_id,
        sum(expected_credits.credit_minor)::bigint as expected_minor,
    from expected_credits
    inner join judged
        on expected_credits.expected_invoice_id = judged.credited_as_id
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
        coalesce(sum(expected_by_grant.expected_minor), 0)::bigint as expected_credit_grants_minor,
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
credits_compared as (

    select
        judged.*,
        grants_compared.grants,
        coalesce(grants_compared.expected_credit_grants_minor, 0) as expected_credit_grants_minor,
        coalesce(grants_compared.is_different, false) as is_different,
    from judged
    left join grants_compared
        on judged.invoice_id = grants_compared.invoice_id
    where judged.finalized_at is not null

),

credits_wrong as (

    select
        *,
        case
            when billed_credit_grants_minor = 0 then 'not applied'
            when expected_credit_grants_minor = billed_credit_grants_minor
                then 'in the wrong order'
            when expected_credit_grants_minor < billed_credit_grants_minor then 'too much of them'
            else 'too little of them'
        end as detail,
    from credits_compared
    where
        expected_credit_grants_minor != billed_credit_grants_minor
        or is_different

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
        coalesce(
            balances_before.balance_minor, invoices.starting_balance_minor
        ) as balance_before_minor,
        balance_before_minor - case
            when too_small.invoice_id is not null
                then invoices.total_minor + balance_before_minor
            else least(invoices.total_minor + balance_before_minor, 0)
        end as expected_effect_minor,
        invoices.starting_balance_minor - invoices.ending_balance_minor as actual_effect_minor,
    from invoices
    left join too_small
        on invoices.invoice_id = too_small.invoice_id
    left join balances_before
        on invoices.invoice_id = balances_before.invoice_id
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
                'balance_before_minor': balance_before_minor,
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

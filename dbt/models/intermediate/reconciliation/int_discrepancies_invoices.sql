-- Invoices that are missing, superfluous, stuck, in the wrong currency, or that do not add up from their own lines.
-- Totals are before tax.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_current') }}

),

totals as (

    select * from {{ ref('int_expected_invoice_totals') }}

),

expected_credits as (

    select * from {{ ref('int_expected_credits') }}

),

duplicates as (

    select * from {{ ref('int_invoices_duplicated') }}

),

missing_rows as (

    select
        {{ discrepancy(
            kind="'invoice_missing'",
            customer_id='totals.customer_id',
            subscription_id='totals.subscription_id',
            period_start='totals.period_start',
            currency='totals.currency',
            expected_minor='totals.expected_total_minor',
            actual_minor='0',
            evidence="to_json({
                'expected_invoice_id': totals.expected_invoice_id,
                'reason': totals.reason,
                'due_at': totals.due_at,
                'period_end': totals.period_end,
                'subtotal_minor': totals.expected_subtotal_minor,
                'discount_minor': totals.expected_discount_minor,
                'credit_grants_minor': totals.expected_credit_grants_minor,
                'groups': totals.expected_groups
            })",
            variant="case when totals.period_end = totals.period_start then totals.reason end",
        ) }}
    from totals
    cross join parameters
    where
        totals.expected_invoice_id is not null
        and totals.invoice_id is null
        and totals.not_computed_reason is null
        and totals.expected_total_minor != 0
        and totals.due_at + to_hours(parameters.invoice_missing_grace_hours) <= parameters.as_of

),

duplicate_rows as (

    select
        {{ discrepancy(
            kind="'invoice_duplicate'",
            customer_id='invoices.customer_id',
            subscription_id='invoices.subscription_id',
            invoice_id='invoices.invoice_id',
            period_start='duplicates.period_start_at',
            currency='invoices.currency',
            expected_minor='0',
            actual_minor='invoices.total_excl_tax_minor',
            stage=stage_of_invoice('invoices.status'),
            detail="'invoice ' || coalesce(firsts.number, firsts.invoice_id)",
            evidence="to_json({
                'first_invoice_id': duplicates.first_invoice_id,
                'first_created_at': firsts.created_at,
                'created_at': invoices.created_at,
                'shared_lines': duplicates.shared_lines,
                'price_ids': duplicates.price_ids
            })",
        ) }}
    from duplicates
    inner join invoices
        on duplicates.invoice_id = invoices.invoice_id
    inner join invoices as firsts
        on duplicates.first_invoice_id = firsts.invoice_id

),

expected_to_exist as (

    select invoice_id
    from totals
    where
        expected_invoice_id is not null
        and invoice_id is not null

),

-- Nothing is unexpected while something of the subscription cannot be computed: the invoice may stand for that.
uncomputed_subscriptions as (

    select distinct subscription_id
    from totals
    where
        not_computed_reason is not null
        and invoice_id is null

),

unexpected_rows as (

    select
        {{ discrepancy(
            kind="'invoice_unexpected'",
            customer_id='invoices.customer_id',
            subscription_id='invoices.subscription_id',
            invoice_id='invoices.invoice_id',
            period_start='invoices.period_start_at',
            currency='invoices.currency',
            expected_minor='0',
            actual_minor='invoices.total_excl_tax_minor',
            stage=stage_of_invoice('invoices.status'),
            evidence="to_json({
                'billing_reason': invoices.billing_reason,
                'created_at': invoices.created_at,
                'period_start': invoices.period_start_at,
                'period_end': invoices.period_end_at,
                'subscription_status': subscriptions.status,
                'subscription_ended_at': subscriptions.ended_at
            })",
        ) }}
    from invoices
    inner join subscriptions
        on invoices.subscription_id = subscriptions.subscription_id
    anti join expected_to_exist
        on invoices.invoice_id = expected_to_exist.invoice_id
    anti join duplicates
        on invoices.invoice_id = duplicates.invoice_id
    anti join {{ ref('int_invoices_uncomputed') }} as uncomputed
        on invoices.invoice_id = uncomputed.invoice_id
    anti join uncomputed_subscriptions
        on invoices.subscription_id = uncomputed_subscriptions.subscription_id
    where
        invoices.billing_reason in (
            'subscription', 'subscription_create', 'subscription_cycle', 'subscription_update'
        )
        and invoices.status != 'void'
        and invoices.total_excl_tax_minor != 0

),

-- what grants will pay of a draft once it is finalized
credits_due as (

    select
        expected_invoice_id,
        sum(credit_minor)::bigint as minor,
    from expected_credits
    group by all

),

stuck_rows as (

    select
        {{ discrepancy(
            kind="'invoice_stuck'",
            customer_id='invoices.customer_id',
            subscription_id='invoices.subscription_id',
            invoice_id='invoices.invoice_id',
            period_start='invoices.period_start_at',
            currency='invoices.currency',
            expected_minor='invoices.total_excl_tax_minor - coalesce(credits_due.minor, 0)',
            actual_minor='0',
            stage="'preventable'",
            detail="'since ' || strftime(invoices.created_at, '%Y-%m-%d')
                || case when invoices.is_auto_advance then '' else ', automatic advancement is off' end",
            evidence="to_json({
                'expected_invoice_id': totals.expected_invoice_id,
                'created_at': invoices.created_at,
                'automatically_finalizes_at': invoices.automatically_finalizes_at,
                'is_auto_advance': invoices.is_auto_advance,
                'total_excl_tax_minor': invoices.total_excl_tax_minor
            })",
        ) }}
    from invoices
    cross join parameters
    left join subscriptions
        on invoices.subscription_id = subscriptions.subscription_id
    left join totals
        on invoices.invoice_id = totals.invoice_id
    left join credits_due
        on {{ as_billed('totals.expected_invoice_id') }} = credits_due.expected_invoice_id
    where
        invoices.status = 'draft'
        and invoices.subscription_id is not null
        and coalesce(subscriptions.pause_behavior, '') != 'keep_as_draft'
        and coalesce(totals.due_at, invoices.created_at)
        + to_hours(parameters.invoice_stuck_grace_hours) <= parameters.as_of

),

currency_rows as (

    select
        {{ discrepancy(
            kind="'currency_mismatch'",
            customer_id='invoices.customer_id',
            subscription_id='invoices.subscription_id',
            invoice_id='invoices.invoice_id',
            period_start='invoices.period_start_at',
            currency='subscriptions.currency',
            stage=stage_of_invoice('invoices.status'),
            detail="upper(invoices.currency) || ' instead of ' || upper(subscriptions.currency)",
            evidence="to_json({
                'invoice_currency': invoices.currency,
                'subscription_currency': subscriptions.currency,
                'total_minor': invoices.total_minor
            })",
        ) }}
    from invoices
    inner join subscriptions
        on invoices.subscription_id = subscriptions.subscription_id
    where invoices.currency != subscriptions.currency

),

added_up as (

    select
        invoices.*,
        totals.billed_lines_minor,
        totals.billed_discount_minor,
        totals.billed_credit_grants_minor,
        totals.billed_inclusive_tax_minor,
        totals.billed_lines_minor
        - totals.billed_discount_minor
        - totals.billed_credit_grants_minor
        - totals.billed_inclusive_tax_minor as own_total_minor,
        -- where the total before tax adds up, the one with tax still may not
        case
            when own_total_minor != invoices.total_excl_tax_minor then invoices.total_excl_tax_minor
            else invoices.total_minor - coalesce(invoices.tax_minor, 0)
        end as stated_total_minor,
    from invoices
    inner join totals
        on invoices.invoice_id = totals.invoice_id
    where totals.is_complete

),

total_rows as (

    select
        {{ discrepancy(
            kind="'total_mismatch'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            period_start='period_start_at',
            currency='currency',
            expected_minor='own_total_minor',
            actual_minor='stated_total_minor',
            stage=stage_of_invoice('status'),
            evidence="to_json({
                'lines_minor': billed_lines_minor,
                'discount_minor': billed_discount_minor,
                'credit_grants_minor': billed_credit_grants_minor,
                'inclusive_tax_minor': billed_inclusive_tax_minor,
                'subtotal_minor': subtotal_minor,
                'total_excl_tax_minor': total_excl_tax_minor,
                'total_minor': total_minor,
                'tax_minor': tax_minor
            })",
        ) }}
    from added_up
    where own_total_minor != stated_total_minor

),

final as (

    select * from missing_rows
    union all
    select * from duplicate_rows
    union all
    select * from unexpected_rows
    union all
    select * from stuck_rows
    union all
    select * from currency_rows
    union all
    select * from total_rows

)

select * from final

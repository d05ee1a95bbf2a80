-- Subscription invoices that bill a (price, period) which an earlier invoice of the subscription
-- bills already. The later one is the duplicate, but where it stands for a period of its own: then
-- it has a wrong line. A void invoice bills nothing: neither is it a duplicate nor does it have one,
-- but the invoice that was made in its place is known by it.

with

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

matched_invoices as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

billed as (

    select distinct
        invoices.subscription_id,
        invoices.invoice_id,
        invoices.created_at,
        invoices.status = 'void' as is_void,
        lines.price_id,
        coalesce(lines.is_proration, false) as is_proration,
        lines.period_start_at,
        lines.period_end_at,
    from invoices
    inner join lines
        on invoices.invoice_id = lines.invoice_id
    where
        invoices.subscription_id is not null
        and lines.price_id is not null
        and lines.period_start_at < lines.period_end_at

),

ordered as (

    select
        *,
        first_value(invoice_id) over billings as first_invoice_id,
        bool_or(is_void) over billings as has_void,
    from billed
    window billings as (
        partition by subscription_id, price_id, is_proration, period_start_at, period_end_at
        order by is_void, created_at, invoice_id
        rows between unbounded preceding and unbounded following
    )

),

-- without a first invoice it stands in for a void one
final as (

    select
        invoice_id,
        min(first_invoice_id) filter (where invoice_id != first_invoice_id) as first_invoice_id,
        count(*) filter (where invoice_id != first_invoice_id) as shared_lines,
        list(distinct price_id order by price_id) as price_ids,
        min(period_start_at) as period_start_at,
    from ordered
    anti join matched_invoices
        on ordered.invoice_id = matched_invoices.invoice_id
    where
        not is_void
        and (invoice_id != first_invoice_id or has_void)
    group by invoice_id

)

select * from final

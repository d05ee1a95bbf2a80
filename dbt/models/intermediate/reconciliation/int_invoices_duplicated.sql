-- Subscription invoices that bill a (price, period) which an earlier invoice of the subscription bills already. The
-- later one is the duplicate. A void invoice bills nothing: neither is it a duplicate nor does it have one.

with

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

billed as (

    select distinct
        invoices.subscription_id,
        invoices.invoice_id,
        invoices.created_at,
        lines.price_id,
        lines.period_start_at,
        lines.period_end_at,
    from invoices
    inner join lines
        on invoices.invoice_id = lines.invoice_id
    where
        invoices.subscription_id is not null
        and invoices.status != 'void'
        and lines.price_id is not null
        and not coalesce(lines.is_proration, false)
        and lines.period_start_at < lines.period_end_at

),

ordered as (

    select
        *,
        first_value(invoice_id) over billings as first_invoice_id,
    from billed
    window billings as (
        partition by subscription_id, price_id, period_start_at, period_end_at
        order by created_at, invoice_id
    )

),

final as (

    select
        invoice_id,
        min(first_invoice_id) as first_invoice_id,
        count(*) as shared_lines,
        list(distinct price_id order by price_id) as price_ids,
        min(period_start_at) as period_start_at,
    from ordered
    where invoice_id != first_invoice_id
    group by invoice_id

)

select * from final

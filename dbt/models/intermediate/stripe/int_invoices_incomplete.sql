-- Invoices of which lines are known to be missing: nothing can be said about what they bill.
with

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

counted as (

    select
        invoice_id,
        sum(amount_minor) as amount_minor,
    from lines
    group by invoice_id

),

final as (

    select
        invoices.invoice_id,
        invoices.subtotal_minor,
        coalesce(counted.amount_minor, 0) as lines_minor,
    from invoices
    left join counted on invoices.invoice_id = counted.invoice_id
    where not {{ has_all_lines('invoices', 'counted') }}

)

select * from final

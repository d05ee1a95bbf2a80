-- Windows of usage that a finalized invoice bills: from when on more usage of them is late.
with

lines as (

    select * from {{ ref('int_invoice_lines_current') }}
    where not is_proration

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}
    where usage_type = 'metered'

),

meters as (

    select * from {{ ref('int_meters_current') }}

),

final as (

    select
        invoices.customer_id,
        meters.event_name as meter,
        lines.period_start_at as window_start,
        lines.period_end_at as window_end,
        min(invoices.finalized_at) as finalized_at,
        min_by(invoices.invoice_id, invoices.finalized_at) as invoice_id,
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    inner join prices on lines.price_id = prices.price_id
    inner join meters on prices.meter_id = meters.meter_id
    where
        invoices.finalized_at is not null
        and lines.period_end_at > lines.period_start_at
    group by all

)

select * from final

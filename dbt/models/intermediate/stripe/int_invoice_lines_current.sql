-- The lines of every invoice: those inside it, and those that landed as objects of their own with
-- its id. A line made from a pending item takes the subscription item from there, because from
-- basil on it does not say it itself.
with

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

invoice_items as (

    select * from {{ ref('int_invoice_items_current') }}

),

inside as (

    select
        invoice_id,
        unnest(list_transform(lines, lambda line: struct_insert(line, place := 0)), max_depth := 2),
    from invoices

),

free_standing as (

    select
        *,
        1 as place,
    from {{ ref('stg_stripe__line_items') }}

),

found as (

    select * from inside
    union all by name
    select free_standing.* exclude (
        batch_number, file_hash, line_number,
        event_id, event_type, event_at, api_version, is_livemode, raw
    )
    from free_standing
    inner join invoices on free_standing.invoice_id = invoices.invoice_id

),

-- the same line may be inside the invoice and beside it; inside it is of the invoice's own version
lines as (

    select *
    from found
    qualify row_number() over (
        partition by invoice_id, line_id
        order by place, amount_minor, cast(found as varchar)
    ) = 1

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
        lines.line_id,
        lines.invoice_id,
        invoices.customer_id,
        lines.position,
        lines.amount_minor,
        coalesce(lines.currency, invoices.currency) as currency,
        lines.description,
        lines.quantity,
        lines.period_start_at,
        lines.period_end_at,
        coalesce(lines.price_id, invoice_items.price_id) as price_id,
        lines.product_id,
        lines.unit_amount_decimal,
        coalesce(
            lines.subscription_id, invoice_items.subscription_id, invoices.subscription_id
        ) as subscription_id,
        coalesce(
            lines.subscription_item_id, invoice_items.subscription_item_id
        ) as subscription_item_id,
        lines.invoice_item_id,
        coalesce(lines.is_proration, invoice_items.is_proration, false) as is_proration,
        coalesce(lines.is_discountable, true) as is_discountable,
        lines.line_type,
        lines.exclusive_tax_minor,
        lines.tax_minor,
        lines.discount_amounts,
        lines.credit_amounts,
        lines.discounts,
        lines.metadata,
        {{ has_all_lines('invoices', 'counted') }} as is_complete,
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    left join invoice_items on lines.invoice_item_id = invoice_items.invoice_item_id
    left join counted on lines.invoice_id = counted.invoice_id

)

select * from final

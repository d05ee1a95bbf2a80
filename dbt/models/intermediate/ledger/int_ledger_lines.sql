-- Lines of finalized invoices as the ledger sees them: which revenue they are, and whether they are
-- charged in advance for a time that had not passed when the invoice was finalized.

with invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

classified as (

    select
        lines.line_id,
        lines.invoice_id,
        lines.price_id,
        json_extract_string(lines.metadata, '$.commitment') as contract_id,
        invoices.customer_id,
        invoices.currency,
        invoices.status,
        case
            when contract_id is not null then 'commitment_revenue'
            when prices.usage_type = 'metered' then 'usage_revenue'
            when prices.price_type = 'recurring' or lines.subscription_item_id is not null
                then 'subscription_revenue'
            else 'other_revenue'
        end as revenue_account,
        -- tax that is inside the amount is not revenue
        lines.amount_minor
        - (coalesce(lines.tax_minor, 0) - coalesce(lines.exclusive_tax_minor, 0))
            as revenue_minor,
        coalesce(list_sum([
            discount.amount_minor for discount in lines.discount_amounts
        ]), 0)::bigint as discount_minor,
        lines.period_start_at,
        lines.period_end_at,
        coalesce(invoices.finalized_at, invoices.effective_at, invoices.created_at)
            as finalized_at,
    from lines
    inner join invoices using (invoice_id)
    left join prices using (price_id)
    where invoices.status in ('open', 'paid', 'void', 'uncollectible')

),

final as (

    select
        line_id,
        invoice_id,
        price_id,
        contract_id,
        customer_id,
        currency,
        status,
        revenue_account,
        revenue_minor,
        discount_minor,
        coalesce(
            revenue_account = 'subscription_revenue'
            and period_start_at < period_end_at
            and finalized_at < period_end_at,
            false
        ) as is_deferred,
        period_start_at,
        period_end_at,
        finalized_at,
    from classified

)

select * from final

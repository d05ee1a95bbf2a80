-- Invoice lines as groups that can be compared: (invoice, kind, subscription item, price, period,
-- proration or not). Stripe writes one line per tier, and one more, with quantity 0, for a tier's
-- flat part.

with

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

kinds as (

    select
        lines.*,
        invoices.subscription_id as invoice_subscription_id,
        lines.metadata ->> '$.commitment' as contract_id,
        case
            when (lines.metadata ->> '$.commitment') is not null then 'commitment'
            when lines.is_proration and lines.amount_minor < 0 then 'proration_credit'
            when lines.is_proration then 'proration_charge'
            -- what nobody subscribed to was put there by hand
            when
                invoices.subscription_id is null
                or lines.price_id is null
                or (lines.invoice_item_id is not null and lines.subscription_item_id is null)
                or prices.price_type = 'one_time'
                then 'manual'
            when prices.usage_type = 'metered' then 'usage'
            else 'recurring'
        end as kind,
    from lines
    inner join invoices
        on lines.invoice_id = invoices.invoice_id
    left join prices
        on lines.price_id = prices.price_id

),

final as (

    select
        invoice_id,
        customer_id,
        invoice_subscription_id as subscription_id,
        kind,
        -- prorations and items made by hand name their subscription item in some shapes only
        case
            when kind in ('usage', 'recurring') then subscription_item_id
        end as subscription_item_id,
        price_id,
        contract_id,
        period_start_at as period_start,
        period_end_at as period_end,
        currency,
        -- every proration line is a group: of a credit and a charge with the same sign both are
        -- still there
        case when is_proration then line_id end as proration_line_id,
        sum(coalesce(quantity, 0))::decimal(38, 12) as quantity,
        sum(amount_minor)::bigint as amount_minor,
        count(*) as lines,
        bool_and(coalesce(is_complete, true)) as is_complete,
        list(line_id order by position, line_id) as line_ids,
    from kinds
    group by all

)

select * from final

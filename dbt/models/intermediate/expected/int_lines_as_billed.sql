-- The lines that matched invoices have, beside the expected ones and in their form: what discounts
-- and credit grants take off an invoice with a wrong line is judged by the lines that are there, so
-- that the wrong line is not found again as a wrong discount, and a wrong discount beside it is
-- found. Only where a discount or a grant could be at work.
with

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

discounts as (

    select * from {{ ref('int_subscription_discounts') }}

),

grants as (

    select * from {{ ref('int_credit_grants_current') }}

),

reduced as (

    select lines.*
    from lines
    semi join discounts on lines.subscription_id = discounts.subscription_id

    union

    select lines.*
    from lines
    semi join grants on lines.customer_id = grants.customer_id

),

final as (

    select
        {{ as_billed('matched.expected_invoice_id') }} as expected_invoice_id,
        matched.expected_invoice_id as billed_for_id,
        matched.invoice_id,
        row_number() over (
            partition by matched.invoice_id order by reduced.position, reduced.line_id
        ) as line_number,
        reduced.price_id,
        coalesce(reduced.product_id, prices.product_id) as product_id,
        reduced.is_discountable and not reduced.is_proration as is_discountable,
        coalesce(prices.usage_type = 'metered', false)
        and not reduced.is_proration as is_metered,
        reduced.amount_minor,
        reduced.amount_minor - coalesce(list_sum(list_transform(
            reduced.discount_amounts, lambda part: part.amount_minor
        )), 0)::bigint as after_discounts_minor,
    from reduced
    inner join matched on reduced.invoice_id = matched.invoice_id
    left join prices on reduced.price_id = prices.price_id

)

select * from final

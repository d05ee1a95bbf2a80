with

groups as (

    select * from {{ ref('int_expected_line_groups') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

products as (

    select * from {{ ref('int_products_current') }}

),

final as (

    select
        groups.expected_line_id,
        groups.expected_invoice_id,
        groups.subscription_id,
        groups.customer_id,
        groups.subscription_item_id,
        groups.price_id,
        coalesce(prices.nickname, products.name) as price_name,
        groups.contract_id,
        groups.meter,
        groups.kind,
        groups.status,
        groups.not_computed_reason,
        groups.currency,
        groups.quantity,
        case when groups.status = 'computed' then groups.amount_minor end as amount_minor,
        case when groups.status = 'computed' then groups.discount_minor end as discount_minor,
        case when groups.status = 'computed' then groups.credit_grants_minor end
            as credit_grants_minor,
        groups.line_number,
        groups.rounding_ties,
        groups.amount_off_remainders,
        cast(groups.derivation as varchar) as derivation,
        groups.period_start,
        groups.period_end,
        groups.usage_from,
    from groups
    left join prices on groups.price_id = prices.price_id
    left join products on prices.product_id = products.product_id

)

select * from final

-- Every price as tiers, per currency it is offered in: a per-unit price is one volume tier without
-- end. So one join rates all of them.
with

prices as (

    select * from {{ ref('int_prices_current') }}

),

-- The price's own currency, and those of `currency_options`.
offers as (

    select
        price_id,
        currency,
        billing_scheme,
        tiers_mode,
        transform_divide_by,
        transform_round,
        coalesce(has_custom_unit_amount, false) as has_custom_unit_amount,
        unit_amount_decimal,
        tiers,
    from prices

    union all

    select
        prices.price_id,
        options.key as currency,
        prices.billing_scheme,
        prices.tiers_mode,
        prices.transform_divide_by,
        prices.transform_round,
        json_type(options.value -> '$.custom_unit_amount') = 'OBJECT' as has_custom_unit_amount,
        try_cast(
            coalesce(options.value ->> '$.unit_amount_decimal', options.value ->> '$.unit_amount')
            as decimal(30, 12)
        ) as unit_amount_decimal,
        list_transform(
            cast(options.value -> '$.tiers' as json[]),
            lambda tier: {
                'up_to': try_cast(tier ->> '$.up_to' as decimal(30, 12)),
                'unit_amount_decimal': try_cast(
                    coalesce(tier ->> '$.unit_amount_decimal', tier ->> '$.unit_amount')
                    as decimal(30, 12)
                ),
                'flat_amount_decimal': try_cast(
                    coalesce(tier ->> '$.flat_amount_decimal', tier ->> '$.flat_amount')
                    as decimal(30, 12)
                )
            }
        ) as tiers,
    from prices
    cross join json_each(prices.currency_options) as options
    where options.key <> prices.currency

),

tiers as (

    select
        * exclude (tiers),
        unnest(tiers) as tier,
        generate_subscripts(tiers, 1) as tier_number,
    from offers
    where billing_scheme = 'tiered'

),

final as (

    select
        price_id,
        currency,
        tiers_mode = 'graduated' as is_graduated,
        transform_divide_by,
        transform_round,
        tier_number,
        coalesce(
            lag(tier.up_to) over (partition by price_id, currency order by tier_number), 0
        ) as from_units,
        tier.up_to as up_to_units,
        coalesce(tier.unit_amount_decimal, 0) as unit_amount_decimal,
        tier.flat_amount_decimal,
        cast(null as varchar) as not_computed_reason,
    from tiers

    union all

    select
        price_id,
        currency,
        false as is_graduated,
        transform_divide_by,
        transform_round,
        1 as tier_number,
        0 as from_units,
        cast(null as decimal(30, 12)) as up_to_units,
        unit_amount_decimal,
        cast(null as decimal(30, 12)) as flat_amount_decimal,
        case
            when has_custom_unit_amount then {{ not_computed('custom_amount') }}
            when billing_scheme = 'tiered' then {{ not_computed('tiers_missing') }}
            when unit_amount_decimal is null then {{ not_computed('currency_missing') }}
        end as not_computed_reason,
    from offers
    where billing_scheme is distinct from 'tiered' or coalesce(len(tiers), 0) = 0

)

select * from final

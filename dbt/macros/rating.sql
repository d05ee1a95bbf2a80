{#- The exact amount of a quantity at one tier of `int_price_tiers`, in minor units before rounding: the units that
    fall into a graduated tier, or all units (packages, where the price has them) at the one volume tier. -#}
{% macro rated_units_minor(quantity, tiers) -%}
{{ exact_product(
    "case
        when " ~ tiers ~ ".is_graduated
            then least(" ~ quantity ~ ", coalesce(" ~ tiers ~ ".up_to_units, " ~ quantity ~ "))
                - " ~ tiers ~ ".from_units
        when " ~ tiers ~ ".transform_divide_by is not null
            then " ~ packages(
                quantity, tiers ~ '.transform_divide_by', tiers ~ '.transform_round'
            ) ~ "
        else " ~ quantity ~ "
    end",
    tiers ~ ".unit_amount_decimal"
) }}
{%- endmacro %}

{#- The query that rates quantities at a price's tiers: one row per `keys`, null where the price cannot be rated.
    `relation` has the keys, price_id, currency and quantity; `price_tiers` and `parameters` are CTEs of the caller. -#}
{% macro rated_amounts(relation, keys) -%}
select
    {%- for key in keys %}
    {{ relation }}.{{ key }},
    {%- endfor %}
    case
        when bool_and(
            price_tiers.not_computed_reason is null
            and {{ rated_units_minor(relation ~ '.quantity', 'price_tiers') }} is not null
        )
            then sum(
                {{ round_minor(
                    rated_units_minor(relation ~ '.quantity', 'price_tiers'), 'parameters.rounding_mode'
                ) }}
                + coalesce({{ round_minor(
                    'price_tiers.flat_amount_decimal', 'parameters.rounding_mode'
                ) }}, 0)
            )
    end::bigint as amount_minor,
from {{ relation }}
cross join parameters
inner join price_tiers
    on
        {{ relation }}.price_id = price_tiers.price_id
        and {{ relation }}.currency = price_tiers.currency
        and (price_tiers.tier_number = 1 or {{ relation }}.quantity > price_tiers.from_units)
        and (
            price_tiers.is_graduated
            or price_tiers.up_to_units is null
            or {{ relation }}.quantity <= price_tiers.up_to_units
        )
group by all
{%- endmacro %}

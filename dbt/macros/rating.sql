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

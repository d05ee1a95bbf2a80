{# All rounding of money is done here, and nowhere else. `exact` is a DECIMAL in minor units
   (DECIMAL(38, 24) for rated amounts). The result is BIGINT minor units. DuckDB's round() on
   decimals is exact and goes half away from zero, which is what every tie in Stripe's documentation
   and in recorded invoices does. `mode` is the setting `rounding_mode`, a column in scope; see
   DECISIONS.md, "Ties go half away from zero". #}
{% macro round_minor(exact, mode='rounding_mode') -%}
    cast(
        case
            when {{ mode }} = 'half_even'
                and {{ is_rounding_tie(exact) }}
                and cast(trunc({{ exact }}) as hugeint) % 2 = 0
                then trunc({{ exact }})
            else round({{ exact }}, 0)
        end as bigint
    )
{%- endmacro %}

{# True where an amount lay exactly between two minor units, so that the rule for ties decided it.
   #}
{% macro is_rounding_tie(exact) -%}
    (abs({{ exact }}) - trunc(abs({{ exact }})) = 0.5)
{%- endmacro %}

{# quantity × unit amount in exact minor units: DECIMAL(38, 24), or null where the product does not
   fit. try() turns the overflow into a null, which the models report as `out_of_range`: one line
   that cannot be computed never stops the run. #}
{% macro exact_product(quantity, unit_amount) -%}
    try(
        cast({{ quantity }} as decimal(30, 12)) * cast({{ unit_amount }} as decimal(30, 12))
    )
{%- endmacro %}

{# Packages that a quantity makes up: quantity / divide_by, rounded up or down, exact (decimal `/`
   gives a double, so the whole part is divided as integers and the fraction only asked whether it
   is there). #}
{% macro packages(quantity, divide_by, rounding) -%}
    case
        when {{ rounding }} = 'up'
            then cast(floor({{ quantity }}) as hugeint) // {{ divide_by }}
                + cast(
                    cast(floor({{ quantity }}) as hugeint) % {{ divide_by }} > 0
                    or {{ quantity }} > floor({{ quantity }}) as hugeint
                )
        else cast(floor({{ quantity }}) as hugeint) // {{ divide_by }}
    end
{%- endmacro %}

{# amount × numerator / denominator without ever dividing a decimal, in three steps. `amount` is a
   DECIMAL ≥ 0 of at most 12 decimals; numerator and denominator are whole, 0 ≤ numerator ≤
   denominator. With amount = w + f (whole part and fraction) and w × n = q × d + r, the result is q
   + round((r + f × n) / d): q and the remainder r + f × n are exact, and rounding only asks how the
   remainder, which is below 2 × d, compares with halves of d. #}
{% macro fraction_quotient(amount, numerator, denominator) -%}
    try((cast(trunc({{ amount }}) as hugeint) * {{ numerator }}) // {{ denominator }})
{%- endmacro %}

{% macro fraction_remainder(amount, numerator, denominator) -%}
    try(
        cast(
            (cast(trunc({{ amount }}) as hugeint) * {{ numerator }}) % {{ denominator }}
            as decimal(38, 12)
        )
        + cast({{ amount }} - trunc({{ amount }}) as decimal(13, 12))
        * cast({{ numerator }} as decimal(25, 0))
    )
{%- endmacro %}

{# Quotient and remainder of the two macros above, as BIGINT minor units; null where they did not
   fit. #}
{% macro round_quotient(quotient, remainder, denominator, mode='rounding_mode') -%}
    try(cast(
        {{ quotient }} + case
            when {{ remainder }} * 2 > cast({{ denominator }} as decimal(25, 0)) * 3 then 2
            when {{ remainder }} * 2 = cast({{ denominator }} as decimal(25, 0)) * 3
                then if({{ mode }} = 'half_even' and {{ quotient }} % 2 = 1, 1, 2)
            when {{ remainder }} * 2 > cast({{ denominator }} as decimal(25, 0)) then 1
            when {{ remainder }} * 2 = cast({{ denominator }} as decimal(25, 0))
                then if({{ mode }} = 'half_even' and {{ quotient }} % 2 = 0, 0, 1)
            else 0
        end as bigint
    ))
{%- endmacro %}

{% macro is_quotient_tie(remainder, denominator) -%}
    coalesce(
        try({{ remainder }} * 2 in (
            cast({{ denominator }} as decimal(25, 0)), cast({{ denominator }} as decimal(25, 0)) * 3
        )),
        false
    )
{%- endmacro %}

{# A decimal as text without the zeros that say nothing, for JSON: a number there is read as a float
   by whoever reads it. The expression's type must have decimals. #}
{% macro decimal_text(expression) -%}
    rtrim(rtrim(cast({{ expression }} as varchar), '0'), '.')
{%- endmacro %}

{# All rounding of money is done here, and nowhere else.

   `exact` is a DECIMAL in minor units (DECIMAL(38, 24) for rated amounts). The result is BIGINT minor units.
   DuckDB's round() on decimals is exact and goes half away from zero, which is what every tie in Stripe's
   documentation and in recorded invoices does; see DECISIONS.md, "Ties go half away from zero". #}
{% macro round_minor(exact) -%}
    cast(round({{ exact }}, 0) as bigint)
{%- endmacro %}

{# True where an amount lay exactly between two minor units, so that the rule for ties decided it. #}
{% macro is_rounding_tie(exact) -%}
    (abs({{ exact }}) - trunc(abs({{ exact }})) = 0.5)
{%- endmacro %}

{# quantity × unit amount in exact minor units: DECIMAL(38, 24), or null where the product does not fit.
   try() turns the overflow into a null, which the models report as `out_of_range`: one line that cannot be
   computed never stops the run. #}
{% macro exact_product(quantity, unit_amount) -%}
    try(
        cast({{ quantity }} as decimal(30, 12)) * cast({{ unit_amount }} as decimal(30, 12))
    )
{%- endmacro %}

{# Packages that a quantity makes up: quantity / divide_by, rounded up or down, exact (decimal `/` gives a
   double, so the whole part is divided as integers and the fraction only asked whether it is there). #}
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

{# amount × numerator / denominator, rounded once, half away from zero, without ever dividing a decimal.
   `amount` is a DECIMAL ≥ 0 of at most 12 decimals, the other two are whole numbers with numerator ≥ 0. The whole
   part is divided as integers, and only the remainder is compared with half of the denominator:
   amount × n = w × n + f × n, w × n = q × d + r, so the result is q + round((r + f × n) / d). #}
{% macro round_fraction(amount, numerator, denominator) -%}
    try(cast(
        (cast(trunc({{ amount }}) as hugeint) * {{ numerator }}) // {{ denominator }}
        + {{ fraction_rest(amount, numerator, denominator) }}
        as bigint
    ))
{%- endmacro %}

{% macro fraction_rest(amount, numerator, denominator) -%}
    case
        when {{ fraction_remainder(amount, numerator, denominator) }} * 2
            >= cast({{ denominator }} as decimal(26, 0)) * 3 then 2
        when {{ fraction_remainder(amount, numerator, denominator) }} * 2
            >= cast({{ denominator }} as decimal(26, 0)) then 1
        else 0
    end
{%- endmacro %}

{% macro fraction_remainder(amount, numerator, denominator) -%}
    (
        cast(
            (cast(trunc({{ amount }}) as hugeint) * {{ numerator }}) % {{ denominator }}
            as decimal(38, 12)
        )
        + cast({{ amount }} - trunc({{ amount }}) as decimal(13, 12)) * cast({{ numerator }} as decimal(25, 0))
    )
{%- endmacro %}

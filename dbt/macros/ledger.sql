{# The part of an amount that a stretch of time has earned by `instant`: amount × elapsed / whole, in whole
   minor units toward zero, so that nothing is earned before its time and all of it at the end. #}
{% macro earned_minor(amount, instant, start_at, end_at) -%}
    cast(
        sign({{ amount }}) * (
            cast(abs({{ amount }}) as hugeint)
            * greatest(least(
                epoch_us({{ instant }}) - epoch_us({{ start_at }}),
                epoch_us({{ end_at }}) - epoch_us({{ start_at }})
            ), 0)
            // (epoch_us({{ end_at }}) - epoch_us({{ start_at }}))
        ) as bigint
    )
{%- endmacro %}

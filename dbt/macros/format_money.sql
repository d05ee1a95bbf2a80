{#- Money for people: an integer in the smallest unit and its currency, as in `USD 1,234.50`, `JPY 500`, `KWD 1.234`. -#}

{#- Decimal places of a currency as Stripe bills it: UGX and ISK are written with two though they have none.
    https://docs.stripe.com/currencies#zero-decimal -#}
{% macro currency_exponent(currency) -%}
case
    when lower({{ currency }}) in (
        'bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'vnd', 'vuv', 'xaf',
        'xof', 'xpf'
    ) then 0
    when lower({{ currency }}) in ('bhd', 'jod', 'kwd', 'omr', 'tnd') then 3
    else 2
end
{%- endmacro %}

{#- Null when the amount is null. Integer arithmetic only: a float would lose cents from 2^53 on. -#}
{% macro format_money(amount_minor, currency) -%}
{%- set exponent = "(" ~ currency_exponent(currency) ~ ")" -%}
{%- set unit = "(case " ~ exponent ~ " when 0 then 1 when 3 then 1000 else 100 end)" -%}
case when {{ amount_minor }} is not null then concat_ws(
    ' ',
    upper({{ currency }}),
    case when {{ amount_minor }} < 0 then '-' else '' end
    || format('{:,}', (abs(({{ amount_minor }})::hugeint) // {{ unit }})::bigint)
    || case
        when {{ exponent }} = 0 then ''
        else
            '.' || lpad(
                (abs(({{ amount_minor }})::hugeint) % {{ unit }})::varchar, {{ exponent }}, '0'
            )
    end
) end
{%- endmacro %}

{#- A quantity for people and for JSON: plain decimal text without trailing zeros, as in `1096` or `0.5`. -#}
{% macro format_quantity(quantity) -%}
rtrim(rtrim(({{ quantity }})::decimal(38, 12)::varchar, '0'), '.')
{%- endmacro %}

{#- A key of a JSON object as text: null when it is absent, null, empty or blank, or neither text nor a number. -#}
{% macro payload_text(payload, key) -%}
nullif(trim(case json_type({{ payload }}, '/' || replace(replace({{ key }}, '~', '~0'), '/', '~1'))
    when 'OBJECT' then null
    when 'ARRAY' then null
    when 'BOOLEAN' then null
    else {{ payload }}->>('/' || replace(replace({{ key }}, '~', '~0'), '/', '~1'))
end), '')
{%- endmacro %}

{#- The payload without the two keys that the meter names, as canonical JSON. -#}
{% macro payload_rest(payload, customer_key, value_key) -%}
json_normalize(json_merge_patch(
    {{ payload }}, json_object({{ customer_key }}, null, {{ value_key }}, null)
))::varchar
{%- endmacro %}

{#- Decimal text of at most 18 integer and 12 fractional digits, 0 or more, else null. Never through a double. -#}
{% macro exact_decimal(text) -%}
case
    when regexp_full_match({{ text }}, '\+?[0-9]{1,18}(\.[0-9]{0,12})?')
        then try_cast({{ text }} as decimal(30, 12))
end
{%- endmacro %}

{#- An instant cut to so many fractional digits of the second. -#}
{% macro cut_instant(instant, digits) -%}
epoch_us({{ instant }}) // (10 ** (6 - {{ digits }}))::bigint
{%- endmacro %}

{#- Before any instant that usage can have. -#}
{% macro begin_of_time() -%}
    timestamp '0001-01-01 00:00:00'
{%- endmacro %}

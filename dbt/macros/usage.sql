{#- A key of a canonical JSON object as text: null when it is absent, null, empty or blank, or neither text nor a number.
    DuckDB reads a fraction as a double; its own digits are those after the key in the text. -#}
{% macro payload_text(payload, key) -%}
{%- set pointer = "'/' || replace(replace(" ~ key ~ ", '~', '~0'), '/', '~1')" -%}
nullif(trim(case json_type({{ payload }}, {{ pointer }})
    when 'OBJECT' then null
    when 'ARRAY' then null
    when 'BOOLEAN' then null
    when 'DOUBLE' then list_filter(
        list_transform(
            string_split({{ payload }}, to_json({{ key }})::varchar || ':')[2:],
            lambda rest: regexp_extract(rest, '^-?[0-9][0-9.]*([eE][+-]?[0-9]+)?')
        ),
        lambda digits: try_cast(digits as double) = try_cast({{ payload }}->>({{ pointer }}) as double)
    )[1]
    else {{ payload }}->>({{ pointer }})
end), '')
{%- endmacro %}

{#- The payload without the two keys that the meter names, as canonical JSON. -#}
{% macro payload_rest(payload, customer_key, value_key) -%}
json_normalize(json_merge_patch(
    {{ payload }}, json_object({{ customer_key }}, null, {{ value_key }}, null)
))::varchar
{%- endmacro %}

{#- Decimal text of at most 18 integer and 12 fractional digits, 0 or more, an exponent worked out first; else null.
    Never through a double. -#}
{% macro exact_decimal(text) -%}
case
    when regexp_full_match({{ text }}, '\+?(0*[0-9]{1,18}(\.[0-9]{0,12})?|\.[0-9]{1,12})')
        then try_cast({{ text }} as decimal(30, 12))
    when regexp_full_match({{ text }}, '\+?[0-9]{1,18}(\.[0-9]{0,12})?[eE][+-]?[0-9]{1,2}')
        and try_cast({{ text }} as decimal(38, 20)) = try_cast({{ text }} as decimal(30, 12))
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

{#- What decides which of several events a meter by `last` takes: the latest instant, then the latest received, where no
    time of receipt ranks first; then the id, so that it is the same one in every run. -#}
{% macro usage_recency(events) -%}
(
    {{ events }}.occurred_at,
    coalesce({{ events }}.first_received_at, {{ begin_of_time() }}),
    {{ events }}.event_id,
    {{ events }}.id_space
)
{%- endmacro %}

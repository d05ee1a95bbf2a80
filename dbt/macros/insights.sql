{#- Days that anomalies are looked for on, and those before them that tell what to expect. -#}
{% macro last_started_day(parameters) -%}
    cast({{ parameters }}.as_of - interval 1 microsecond as date)
{%- endmacro %}

{% macro last_whole_day(parameters) -%}
    cast({{ parameters }}.as_of as date) - 1
{%- endmacro %}

{% macro first_anomaly_day(parameters) -%}
    cast({{ parameters }}.as_of as date) - {{ parameters }}.anomaly_days::integer - 28
{%- endmacro %}

{#- A length of time for people, in its largest sensible unit: `45 s`, `3.5 h`. -#}
{% macro format_duration(seconds) -%}
case
    {% for unit, length in [('days', 86400), ('h', 3600), ('min', 60)] -%}
    when {{ seconds }} >= {{ 2 * length }}
        then format(
            '{}.{} {{ unit }}',
            ({{ seconds }})::bigint * 10 // {{ 10 * length }},
            ({{ seconds }})::bigint * 10 // {{ length }} % 10
        )
    {% endfor -%}
    else round({{ seconds }})::bigint || ' s'
end
{%- endmacro %}

{#- Quantities from one position to another as if each were of the same weekday; nothing where the weekday has none. -#}
{% macro levels_between(first, last) -%}
    list_transform(
        quantities[{{ first }}:{{ last }}],
        lambda quantity, place: quantity / shares[({{ first }} - position + place + 62) % 7 + 1]
    )
{%- endmacro %}

{#- Whether a level is at least so many times what is expected, or so small a part of it. -#}
{% macro is_departed(level) -%}
    if(
        is_up,
        {{ level }} >= anomaly_change_min * expected_level,
        {{ level }} * anomaly_change_min <= expected_level
    )
{%- endmacro %}

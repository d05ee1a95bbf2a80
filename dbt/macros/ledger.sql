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

{# The key of a document whose entries stand and fall together, as a number: what is posted is looked
   up by it. An accrual is a document of its own in each of its parts. #}
{% macro ledger_document_key(source_type, document_id) -%}
    cast(md5_number_lower(concat({{ source_type }}, ':', {{ document_id }})) >> 1 as bigint)
{%- endmacro %}

{# The instant at which something is posted: its own, or the start of the first open period when
   its period is closed. #}
{% macro in_open_period(instant, open_from) -%}
    greatest({{ instant }}, coalesce({{ open_from }}, {{ instant }}))
{%- endmacro %}

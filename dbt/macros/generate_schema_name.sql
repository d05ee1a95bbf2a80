{# Schemas are named as the folders are, without the target's prefix: one warehouse per home needs no other. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{#- Fills the placeholders of a sentence (documented in tieout/core/kinds.py). `values` is a dict from placeholder to
    SQL expression; a null value reads as `fallback`, so that one unknown name never blanks the sentence. -#}
{% macro fill_sentence(sentence, values, fallback="'unknown'") -%}
{%- set ns = namespace(expr=sentence) -%}
{%- for name, value in values.items() -%}
    {%- set ns.expr = "replace(" ~ ns.expr ~ ", '{" ~ name ~ "}', coalesce((" ~ value ~ ")::varchar, "
        ~ fallback ~ "))" -%}
{%- endfor -%}
{{ ns.expr }}
{%- endmacro %}

{#- Tables and views are made anew in their place, in one transaction. The adapter's own way (build beside, move the old
    one away, rename, drop) spares readers a gap; nobody reads the warehouse while it is built, and the four statements
    and their bookkeeping are a fifth of a small run. -#}
{% materialization table, adapter='duckdb' %}
{{ return(made_anew(this.incorporate(type='table'), create_table_as(False, this, compiled_code))) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
{{ return(made_anew(this.incorporate(type='view'), create_view_as(this, compiled_code))) }}
{% endmaterialization %}

{% macro made_anew(target, creation) %}
{%- set existing = load_cached_relation(target) -%}
{{ run_hooks(pre_hooks, inside_transaction=False) }}
{{ run_hooks(pre_hooks, inside_transaction=True) }}
{% call statement('main') -%}
    {%- if existing is not none %}drop {{ existing.type }} if exists {{ existing }};{% endif %}
    {{ creation }}
{%- endcall %}
{{ run_hooks(post_hooks, inside_transaction=True) }}
{{ adapter.commit() }}
{{ run_hooks(post_hooks, inside_transaction=False) }}
{{ return({'relations': [target]}) }}
{% endmacro %}

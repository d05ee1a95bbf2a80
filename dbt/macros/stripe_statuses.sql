{# How far along a status is. Only the order matters. #}

{# `steps` lists the values of the column by rank; several of one rank are a list of their own. #}
{% macro rank_of(column, steps, otherwise='null') -%}
case {{ column }}
{%- for step in steps %}{% for value in ([step] if step is string else step) %}
    when '{{ value }}' then {{ steps.index(step) }}
{%- endfor %}{% endfor %}
    else {{ otherwise }}
end
{%- endmacro %}

{% macro invoice_status_rank(status) -%}
{{ rank_of(status, ['draft', 'open', 'uncollectible', 'paid', 'void']) }}
{%- endmacro %}

{# What a subscription passes through once: not begun, on trial, running in whatever state, ended. #}
{% macro subscription_life_rank(status) -%}
{{ rank_of(status, [
    'incomplete', 'trialing', [], ['canceled', 'incomplete_expired'],
], otherwise=2) }}
{%- endmacro %}

{# The order of several events of one second: things get worse, then end. #}
{% macro subscription_status_rank(status) -%}
{{ rank_of(status, [
    'incomplete', 'trialing', 'active', 'past_due', ['unpaid', 'paused'],
    ['canceled', 'incomplete_expired'],
]) }}
{%- endmacro %}

{% macro subscription_event_rank(event_type) -%}
{{ rank_of(event_type, [
    'customer.subscription.created',
    'customer.subscription.updated',
    'customer.subscription.deleted',
], otherwise=3) }}
{%- endmacro %}

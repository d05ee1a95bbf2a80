{# How far along a status is. Only the order matters. #}

{% macro invoice_status_rank(status) -%}
case {{ status }} when 'draft' then 0 when 'open' then 1 when 'uncollectible' then 2 when 'paid' then 3 when 'void' then 4 end
{%- endmacro %}

{# What a subscription passes through once: not yet begun, on trial, running in whatever state, ended. #}
{% macro subscription_life_rank(status) -%}
case {{ status }} when 'incomplete' then 0 when 'trialing' then 1 when 'canceled' then 3 when 'incomplete_expired' then 3 else 2 end
{%- endmacro %}

{# The order of several events of one second: things get worse, then end. #}
{% macro subscription_status_rank(status) -%}
case {{ status }}
    when 'incomplete' then 0 when 'trialing' then 1 when 'active' then 2 when 'past_due' then 3 when 'unpaid' then 4
    when 'paused' then 4 when 'incomplete_expired' then 5 when 'canceled' then 5
end
{%- endmacro %}

{% macro subscription_event_rank(event_type) -%}
case {{ event_type }}
    when 'customer.subscription.created' then 0 when 'customer.subscription.updated' then 1
    when 'customer.subscription.deleted' then 2 else 3
end
{%- endmacro %}

{#- The columns that every `int_discrepancies_<category>` model has, in one order and with one set of types, so that
    the mart is a plain union. What is not given is null; the impact follows from the two figures. `arose_at` says when
    the money moved where neither a period nor an invoice does; `variant` tells apart two faults that the identifying
    columns of their kind do not. -#}
{% macro discrepancy(
    kind,
    customer_id='null',
    subscription_id='null',
    invoice_id='null',
    price_id='null',
    meter='null',
    object_id='null',
    period_start='null',
    arose_at='null',
    currency='null',
    expected_minor='null',
    actual_minor='null',
    stage="'billed'",
    detail='null',
    evidence="'{}'",
    variant='null'
) -%}
    ({{ kind }})::varchar as kind,
    ({{ customer_id }})::varchar as customer_id,
    ({{ subscription_id }})::varchar as subscription_id,
    ({{ invoice_id }})::varchar as invoice_id,
    ({{ price_id }})::varchar as price_id,
    ({{ meter }})::varchar as meter,
    ({{ object_id }})::varchar as object_id,
    ({{ period_start }})::timestamp as period_start,
    ({{ arose_at }})::timestamp as arose_at,
    ({{ currency }})::varchar as currency,
    ({{ expected_minor }})::bigint as expected_minor,
    ({{ actual_minor }})::bigint as actual_minor,
    (({{ expected_minor }})::bigint - ({{ actual_minor }})::bigint)::bigint as impact_minor,
    ({{ stage }})::varchar as stage,
    ({{ detail }})::varchar as detail,
    ({{ evidence }})::json as evidence,
    ({{ variant }})::varchar as variant,
{%- endmacro %}

{#- A finding's id: its kind and a hash over the columns that identify it. The same in every run as long as the fault
    is the same one, whatever its figures are. `identified_by` comes from the kinds' seed; `place` counts faults that
    nothing else tells apart. -#}
{% macro discrepancy_id(relation, identified_by, place) -%}
{{ relation }}.kind || '_' || left(md5(concat_ws(
    '|',
    {{ identity(relation, identified_by) }},
    case when {{ place }} > 1 then 'place=' || {{ place }} end
)), 20)
{%- endmacro %}

{% macro identity(relation, identified_by) -%}
concat_ws(
    '|',
    {{ relation }}.kind,
    {%- for column in [
        'customer_id', 'subscription_id', 'invoice_id', 'price_id', 'meter', 'object_id'
    ] %}
    case
        when list_contains(string_split({{ identified_by }}, '|'), '{{ column }}')
            then '{{ column }}=' || coalesce({{ relation }}.{{ column }}, '')
    end,
    {%- endfor %}
    case
        when list_contains(string_split({{ identified_by }}, '|'), 'period_start')
            then 'period_start=' || coalesce(epoch_us({{ relation }}.period_start)::varchar, '')
    end,
    'variant=' || {{ relation }}.variant
)
{%- endmacro %}

{#- What is still a draft can be corrected before it reaches the customer. -#}
{% macro stage_of_invoice(invoice_status) -%}
case when {{ invoice_status }} = 'draft' then 'preventable' else 'billed' end
{%- endmacro %}

{#- Groups pair up only with their like. Credits and charges of a proration are told apart by amount, not by sign,
    so that a credit that was billed as a charge is a wrong line and not a missing one. -#}
{% macro pairing_key(relation) -%}
case
    when {{ relation }}.kind in ('proration_credit', 'proration_charge') then 'proration'
    when {{ relation }}.kind = 'commitment' then 'commitment ' || {{ relation }}.contract_id
    else {{ relation }}.kind
end
{%- endmacro %}

{#- Pairs (expected_number, billed_number) of the groups of one invoice that agree in the keys; of several the smaller
    amounts meet first, item by item where they have one. -#}
{% macro paired_by(expected, billed, keys) -%}
select
    expected.expected_number,
    billed.billed_number,
from ({{ numbered_within(expected, keys) }}) as expected
inner join ({{ numbered_within(billed, keys) }}) as billed
    on
        expected.invoice_id = billed.invoice_id
        and expected.occurrence = billed.occurrence
        {% for key in keys -%}
        and expected.{{ key }} is not distinct from billed.{{ key }}
        {% endfor %}
{%- endmacro %}

{% macro numbered_within(relation, keys) -%}
select
    *,
    row_number() over (
        partition by invoice_id, {{ keys | join(', ') }} order by item_key, amount_minor
    ) as occurrence,
from {{ relation }}
{%- endmacro %}

{#- A kind's severity, one step worse for a large amount and one less bad for a small one. -#}
{% macro severity_of_amount(severity, amount_minor, parameters) -%}
{%- set levels = "['info', 'warning', 'error', 'critical']" -%}
{{ levels }}[greatest(1, least(4, list_position({{ levels }}, {{ severity }}) + case
    when {{ amount_minor }} is null then 0
    when abs({{ amount_minor }}) >= {{ parameters }}.large_impact_minor then 1
    when abs({{ amount_minor }}) < {{ parameters }}.small_impact_minor then -1
    else 0
end))]
{%- endmacro %}

-- Objects of the mode that is not the home's, for the quarantine: one row per landed line.
{% set datasets = [
    'customers', 'products', 'prices', 'meters', 'subscriptions', 'invoices',
    'line_items', 'invoice_items',
    'invoice_payments', 'charges', 'payment_intents', 'refunds', 'disputes', 'credit_notes',
    'customer_balance_transactions', 'coupons', 'discounts', 'credit_grants',
    'credit_balance_transactions',
    'meter_event_summaries', 'balance_transactions', 'payouts', 'events', 'unknown_objects',
] -%}
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

objects as (

    {% for dataset in datasets -%}
    select
        batch_number,
        file_hash,
        line_number,
        is_livemode,
        '{{ dataset }}' as dataset,
        raw,
    from {{ source('lake', 'stripe_' ~ dataset) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- what an event carries is quarantined with the event, and what stands inside an object with that
-- object
final as (

    select
        objects.batch_number,
        objects.file_hash,
        objects.line_number,
        'other_livemode' as reason,
        cast(null as varchar) as detail,
        coalesce(
            max(objects.raw) filter (where objects.dataset = 'events'),
            max_by(objects.raw, length(objects.raw))
        ) as raw,
    from objects
    cross join parameters
    where not {{ is_of_the_homes_mode('objects', 'parameters') }}
    group by objects.batch_number, objects.file_hash, objects.line_number

)

select * from final

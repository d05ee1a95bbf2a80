-- Every root discrepancy that this run finds, of all categories, with its id, severity and sentence.

with

kinds as (

    select * from {{ ref('discrepancy_kinds') }}

),

customers as (

    select * from {{ ref('int_customers_current') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

unioned as (

    select * from {{ ref('int_discrepancies_ingestion') }}
    union all
    select * from {{ ref('int_discrepancies_events') }}
    union all
    select * from {{ ref('int_discrepancies_metering') }}
    union all
    select * from {{ ref('int_discrepancies_contracts') }}
    union all
    select * from {{ ref('int_discrepancies_lines') }}
    union all
    select * from {{ ref('int_discrepancies_invoices') }}
    union all
    select * from {{ ref('int_discrepancies_adjustments') }}
    union all
    select * from {{ ref('int_discrepancies_payments') }}
    union all
    select * from {{ ref('int_discrepancies_settlements') }}

),

-- two contracts that both sold one price of one subscription, say, are two faults
placed as (

    select
        unioned.*,
        kinds.category,
        kinds.severity,
        kinds.root_rank,
        kinds.sentence,
        kinds.identified_by,
        row_number() over (
            partition by {{ identity('unioned', 'kinds.identified_by') }}
            order by
                unioned.period_start, unioned.object_id, unioned.invoice_id, unioned.price_id,
                unioned.subscription_id, unioned.customer_id, unioned.evidence::varchar
        ) as place,
    from unioned
    inner join kinds
        on unioned.kind = kinds.kind

),

identified as (

    select
        *,
        {{ discrepancy_id('placed', 'identified_by', 'place') }} as discrepancy_id,
    from placed

),

named as (

    select
        identified.*,
        coalesce(customers.name, identified.customer_id) as customer_name,
        case
            when identified.invoice_id is null then 'an invoice'
            when invoices.status = 'draft' then 'draft invoice ' || identified.invoice_id
            else 'invoice ' || coalesce(invoices.number, identified.invoice_id)
        end as invoice_name,
        coalesce(prices.nickname, identified.price_id) as price_name,
    from identified
    left join customers
        on identified.customer_id = customers.customer_id
    left join invoices
        on identified.invoice_id = invoices.invoice_id
    left join prices
        on identified.price_id = prices.price_id

),

worded as (

    select
        *,
        {{ fill_sentence('sentence', {
            'customer': 'customer_name',
            'subscription': 'subscription_id',
            'invoice': 'invoice_name',
            'price': 'price_name',
            'meter': 'meter',
            'object': 'object_id',
            'period': "strftime(period_start, '%Y-%m-%d')",
            'expected': format_money('expected_minor', 'currency'),
            'actual': format_money('actual_minor', 'currency'),
            'difference': format_money('abs(impact_minor)', 'currency'),
            'expected_size': format_money('abs(expected_minor)', 'currency'),
            'actual_size': format_money('abs(actual_minor)', 'currency'),
            'too': "case when impact_minor > 0 then 'too little' else 'too much' end",
            'detail': 'detail',
        }) }} as filled,
    from named

),

final as (

    select
        discrepancy_id,
        kind,
        category,
        severity,
        root_rank,
        customer_id,
        subscription_id,
        invoice_id,
        price_id,
        meter,
        object_id,
        period_start,
        currency,
        expected_minor,
        actual_minor,
        impact_minor,
        stage,
        upper(left(filled, 1)) || substr(filled, 2) as explanation,
        -- every row says what follows from it, be it nothing
        json_merge_patch('{"consequences": []}'::json, evidence)::varchar as evidence,
    from worded

)

select * from final

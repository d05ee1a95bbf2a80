-- Every root discrepancy that this run finds, with its severity, its words, its remedy and what follows from it.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

identified as (

    select * from {{ ref('int_discrepancies_identified') }}

),

consequences as (

    select * from {{ ref('int_discrepancy_consequences') }}

),

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
        date_trunc(
            'month',
            coalesce(
                identified.period_start,
                invoices.created_at,
                identified.arose_at,
                case when identified.impact_minor is not null then parameters.as_of end
            )
        )::date as month,
        coalesce(
            (identified.evidence ->> '$.correctable_until')::timestamp,
            case
                when invoices.status = 'draft' and invoices.is_auto_advance
                    then coalesce(
                        invoices.automatically_finalizes_at, invoices.created_at + interval 1 hour
                    )
            end
        ) as corrected_by,
        case
            when identified.stage = 'preventable' and corrected_by > parameters.as_of
                then corrected_by
        end as correctable_until,
        consequences.consequences,
    from identified
    cross join parameters
    left join customers
        on identified.customer_id = customers.customer_id
    left join invoices
        on identified.invoice_id = invoices.invoice_id
    left join prices
        on identified.price_id = prices.price_id
    left join consequences
        on identified.discrepancy_id = consequences.discrepancy_id

),

-- a large amount is one step worse than its kind, a small one a step less bad; a severity that is
-- set for a kind holds whatever the amount
weighed as (

    select
        named.*,
        kinds.sentence,
        case
            when named.stage = 'preventable' and nullif(kinds.remedy_preventable, '') is not null
                then kinds.remedy_preventable
            when named.impact_minor < 0 then kinds.remedy_overcharged
            when named.impact_minor = 0 then kinds.remedy_even
            else kinds.remedy
        end as remedy_template,
        coalesce(
            nullif(regexp_extract(
                parameters.severities, '(?:^|,)' || named.kind || '=([a-z]+)', 1
            ), ''),
            {{ severity_of_amount('kinds.severity', 'named.impact_minor', 'parameters') }}
        ) as severity,
    from named
    cross join parameters
    inner join kinds
        on named.kind = kinds.kind

),

amounts_worded as (

    select
        *,
        {{ format_money('expected_minor', 'currency') }} as expected_words,
        {{ format_money('actual_minor', 'currency') }} as actual_words,
        {{ format_money('abs(impact_minor)', 'currency') }} as difference_words,
        replace(expected_words, ' -', ' ') as expected_size_words,
        replace(actual_words, ' -', ' ') as actual_size_words,
        case when impact_minor > 0 then 'too little' else 'too much' end as too_words,
        strftime(period_start, '%Y-%m-%d') as period_words,
        coalesce(
            strftime(correctable_until, '%Y-%m-%d %H:%M UTC'), 'it is finalized'
        ) as until_words,
    from weighed

),

{% set words = {
    'customer': 'customer_name',
    'subscription': 'subscription_id',
    'invoice': 'invoice_name',
    'price': 'price_name',
    'meter': 'meter',
    'object': 'object_id',
    'period': 'period_words',
    'expected': 'expected_words',
    'actual': 'actual_words',
    'difference': 'difference_words',
    'expected_size': 'expected_size_words',
    'actual_size': 'actual_size_words',
    'too': 'too_words',
    'until': 'until_words',
    'detail': 'detail',
} %}
worded as (

    select
        *,
        {{ fill_sentence('sentence', words) }} as filled,
        {{ fill_sentence('remedy_template', words) }} as filled_remedy,
    from amounts_worded

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
        month,
        currency,
        expected_minor,
        actual_minor,
        impact_minor,
        stage,
        upper(left(filled, 1)) || substr(filled, 2) as explanation,
        upper(left(filled_remedy, 1)) || substr(filled_remedy, 2) as remedy,
        -- every row says what follows from it, be it nothing
        json_merge_patch(
            evidence,
            to_json({
                'correctable_until': correctable_until,
                'consequences': coalesce(consequences, [])
            })
        )::varchar as evidence,
    from worded

)

select * from final

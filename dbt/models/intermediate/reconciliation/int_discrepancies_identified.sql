-- Every root discrepancy that this run finds, of all categories, each with its id.

with

kinds as (

    select * from {{ ref('discrepancy_kinds') }}

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
    union all
    select * from {{ ref('int_discrepancies_ledger') }}

),

-- two contracts that both sold one price of one subscription, say, are two faults
placed as (

    select
        unioned.*,
        kinds.category,
        kinds.root_rank,
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

final as (

    select
        {{ discrepancy_id('placed', 'identified_by', 'place') }} as discrepancy_id,
        * exclude (identified_by, place),
    from placed

)

select * from final

with

discrepancies as (

    select * from {{ ref('int_discrepancies_tracked') }}

),

final as (

    select
        discrepancy_id,
        kind,
        category,
        severity,
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
        first_seen_at,
        last_seen_at,
        status,
        explanation,
        remedy,
        evidence,
    from discrepancies

)

select * from final

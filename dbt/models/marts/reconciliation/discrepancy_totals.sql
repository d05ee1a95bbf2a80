with

discrepancies as (

    select * from {{ ref('int_discrepancies_tracked') }}

),

final as (

    select
        currency,
        kind,
        category,
        customer_id,
        month,
        status,
        count(*) as discrepancies,
        sum(greatest(impact_minor, 0))::bigint as leaked_minor,
        sum(greatest(-impact_minor, 0))::bigint as overcharged_minor,
    from discrepancies
    where
        status != 'resolved'
        and impact_minor is not null
    group by all

)

select * from final

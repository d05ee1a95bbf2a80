-- Open findings per customer; one that people have accepted is not open.

with

discrepancies as (

    select * from {{ ref('int_discrepancies_tracked') }}

),

final as (

    select
        customer_id,
        count(*) as open_discrepancies,
    from discrepancies
    where
        status = 'open'
        and customer_id is not null
    group by customer_id

)

select * from final

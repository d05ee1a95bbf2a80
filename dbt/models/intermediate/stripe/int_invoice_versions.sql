-- Every status an invoice was seen in, and where: by an event (with its instant) or in a listing (without one).
with

versions as (

    select * from {{ ref('stg_stripe__invoices') }}

),

final as (

    select
        invoice_id,
        customer_id,
        subscription_id,
        status,
        {{ invoice_status_rank('status') }} as status_rank,
        event_at as seen_at,
        event_id,
        event_type,
        event_id is null as is_listed,
        count(*) as versions,
    from versions
    group by all

)

select * from final

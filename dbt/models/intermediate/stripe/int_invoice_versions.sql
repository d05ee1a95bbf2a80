-- Every status that an event showed an invoice in, with the event's instant, and the furthest one
-- it was listed in.
with

versions as (

    select * from {{ ref('stg_stripe__invoices') }}

),

seen as (

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
    from versions

),

-- of all listings only the furthest: how often an invoice was listed before depends on the runs,
-- not on the invoice
final as (

    select distinct *
    from seen
    qualify
        not is_listed
        or rank() over (partition by invoice_id, is_listed order by status_rank desc nulls last) = 1

)

select * from final

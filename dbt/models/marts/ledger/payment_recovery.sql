-- Invoices whose payment failed at least once, and what became of them.

with invoices as (

    select * from {{ ref('int_invoices_current') }}

),

charges as (

    select * from {{ ref('int_charges_current') }}

),

linked as (

    select * from {{ ref('int_charges_linked') }}

),

attempts as (

    select
        linked.invoice_id,
        count(*) as attempts,
        min(charges.created_at) filter (charges.status = 'failed') as first_failed_at,
        max(charges.created_at) filter (charges.status = 'succeeded') as succeeded_at,
    from charges
    inner join linked using (charge_id)
    group by all
    having count(*) filter (charges.status = 'failed') > 0

),

final as (

    select
        invoices.invoice_id,
        invoices.customer_id,
        invoices.subscription_id,
        case
            when invoices.status = 'paid' then 'recovered'
            when invoices.status in ('void', 'uncollectible') then 'lost'
            when invoices.next_payment_attempt_at is not null then 'recovering'
            else 'stalled'
        end as state,
        invoices.currency,
        attempts.attempts,
        invoices.amount_due_minor as amount_minor,
        attempts.first_failed_at,
        if(
            invoices.status = 'paid',
            coalesce(invoices.paid_at, attempts.succeeded_at),
            null
        ) as recovered_at,
        if(invoices.status = 'open', invoices.next_payment_attempt_at, null)
            as next_attempt_at,
    from invoices
    inner join attempts using (invoice_id)

)

select * from final

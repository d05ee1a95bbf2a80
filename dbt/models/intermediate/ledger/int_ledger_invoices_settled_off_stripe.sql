{{ config(materialized='ephemeral') }}

-- Rules invoice_written_off and invoice_paid_off_stripe: a receivable that ends without a charge.

with invoices as (

    select * from {{ ref('int_invoices_current') }}

),

charges as (

    select * from {{ ref('int_charges_current') }}

),

linked as (

    select * from {{ ref('int_charges_linked') }}

),

invoice_payments as (

    select * from {{ ref('int_invoice_payments_current') }}

),

charged as (

    select
        linked.invoice_id,
        sum(coalesce(nullif(charges.amount_captured_minor, 0), charges.amount_minor))::bigint
            as charged_minor,
    from charges
    inner join linked using (charge_id)
    where charges.status = 'succeeded' and coalesce(charges.is_captured, true)
    group by all

),

-- a payment with neither a charge nor a payment intent was made outside Stripe and recorded there
recorded as (

    select
        invoice_id,
        sum(amount_paid_minor)::bigint as recorded_minor,
    from invoice_payments
    where status = 'paid' and payment_intent_id is null and charge_id is null
    group by all

),

written_off as (

    select
        'invoice_written_off' as rule,
        invoice_id,
        customer_id,
        currency,
        coalesce(marked_uncollectible_at, finalized_at, created_at) as effective_at,
        'Invoice ' || coalesce(number, invoice_id) || ' uncollectible' as description,
        'bad_debt' as account,
        amount_remaining_minor as amount_minor,
    from invoices
    where status = 'uncollectible'

),

-- newer versions state the amount; older ones only that the invoice was paid out of band, which
-- settles all that charges did not
paid_off_stripe as (

    select
        'invoice_paid_off_stripe' as rule,
        invoices.invoice_id,
        invoices.customer_id,
        invoices.currency,
        coalesce(invoices.paid_at, invoices.finalized_at, invoices.created_at) as effective_at,
        'Invoice ' || coalesce(invoices.number, invoices.invoice_id) || ' paid outside Stripe'
            as description,
        'cash_off_stripe' as account,
        case
            when invoices.amount_paid_off_stripe_minor > 0 or recorded.recorded_minor > 0 then
                greatest(invoices.amount_paid_off_stripe_minor, recorded.recorded_minor)
            when invoices.is_paid_out_of_band and invoices.status = 'paid' then
                greatest(invoices.amount_due_minor - coalesce(charged.charged_minor, 0), 0)
        end as amount_minor,
    from invoices
    left join charged using (invoice_id)
    left join recorded using (invoice_id)
    where invoices.status in ('open', 'paid', 'uncollectible')

),

settled as (

    select * from written_off

    union all

    select * from paid_off_stripe where amount_minor is not null

),

final as (

    select
        rule,
        'invoice' as source_type,
        invoice_id as source_id,
        effective_at,
        description,
        unnest([account, 'accounts_receivable']) as account,
        customer_id,
        unnest([null, invoice_id]) as subledger_id,
        unnest([amount_minor, -amount_minor]) as amount_minor,
        currency,
    from settled

)

select * from final

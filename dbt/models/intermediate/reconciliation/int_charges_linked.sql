-- Which invoice a charge pays. Before 2025-03-31.basil the charge says so itself; from then on the
-- way leads over the payment intent and the invoice's payments. A link is never made by amount: a
-- charge of the right amount without a link is exactly what `payment_orphan` looks for.

with

charges as (

    select * from {{ ref('int_charges_current') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

payment_intents as (

    select * from {{ ref('int_payment_intents_current') }}

),

invoice_payments as (

    select * from {{ ref('int_invoice_payments_current') }}

),

-- payments of an invoice as it lists them itself
payments_inside as (

    select
        invoices.invoice_id,
        payment.payment_intent_id,
        payment.charge_id,
    from invoices,
        unnest(invoices.payments) as inside (payment)

),

by_charge as (

    select
        charge_id,
        invoice_id,
        1 as preference,
        'charge' as linked_by,
    from charges
    where invoice_id is not null

    union all

    select
        charge_id,
        invoice_id,
        2 as preference,
        'invoice_payment' as linked_by,
    from invoice_payments
    where charge_id is not null

    union all

    select
        charge_id,
        invoice_id,
        2 as preference,
        'invoice_payment' as linked_by,
    from payments_inside
    where charge_id is not null

    union all

    select
        charge_id,
        invoice_id,
        4 as preference,
        'invoice' as linked_by,
    from invoices
    where charge_id is not null

),

by_payment_intent as (

    select
        payment_intent_id,
        invoice_id,
        3 as preference,
        'invoice_payment' as linked_by,
    from invoice_payments
    where payment_intent_id is not null

    union all

    select
        payment_intent_id,
        invoice_id,
        3 as preference,
        'invoice_payment' as linked_by,
    from payments_inside
    where payment_intent_id is not null

    union all

    select
        payment_intent_id,
        invoice_id,
        5 as preference,
        'payment_intent' as linked_by,
    from payment_intents
    where invoice_id is not null

    union all

    select
        payment_intent_id,
        invoice_id,
        5 as preference,
        'payment_intent' as linked_by,
    from invoices
    where payment_intent_id is not null

),

links as (

    select
        charge_id,
        invoice_id,
        preference,
        linked_by,
    from by_charge

    union all

    select
        charges.charge_id,
        by_payment_intent.invoice_id,
        by_payment_intent.preference,
        by_payment_intent.linked_by,
    from charges
    inner join by_payment_intent
        on charges.payment_intent_id = by_payment_intent.payment_intent_id

),

-- the most direct link, then the smaller invoice id, so that the choice is the same in every run
best_links as (

    select
        charge_id,
        min_by(invoice_id, (preference, invoice_id)) as invoice_id,
        min_by(linked_by, (preference, invoice_id)) as linked_by,
    from links
    where invoice_id is not null
    group by charge_id

),

final as (

    select
        charges.charge_id,
        best_links.invoice_id,
        best_links.linked_by,
    from charges
    left join best_links
        on charges.charge_id = best_links.charge_id

)

select * from final

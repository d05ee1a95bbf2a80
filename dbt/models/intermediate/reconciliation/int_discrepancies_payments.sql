-- Money in: what invoices state as paid against the charges behind them.

with

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

invoice_payments as (

    select * from {{ ref('int_invoice_payments_current') }}

),

payment_intents as (

    select * from {{ ref('int_payment_intents_current') }}

),

charges as (

    select * from {{ ref('int_charges_current') }}

),

charges_linked as (

    select * from {{ ref('int_charges_linked') }}

),

charges_settled as (

    select * from {{ ref('int_charges_settled') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_current') }}

),

subscribers as (

    select distinct customer_id
    from subscriptions

),

charges_by_invoice as (

    select
        invoice_id,
        sum(captured_minor)::bigint as charged_minor,
        sum(case when is_surplus then captured_minor else 0 end)::bigint as surplus_minor,
        sum(refunded_minor)::bigint as refunded_minor,
        count(distinct currency) as currencies,
        any_value(currency) as currency,
        list(charge_id order by created_at, charge_id) as charge_ids,
    from charges_settled
    where invoice_id is not null
    group by invoice_id

),

failed_charges_by_invoice as (

    select
        charges_linked.invoice_id,
        list(charges.charge_id order by charges.created_at, charges.charge_id) as charge_ids,
    from charges
    inner join charges_linked
        on charges.charge_id = charges_linked.charge_id
    where
        charges.status = 'failed'
        and charges_linked.invoice_id is not null
    group by charges_linked.invoice_id

),

-- payments that are neither a charge nor a payment intent were taken outside Stripe and recorded
-- there
recorded_by_invoice as (

    select
        invoice_id,
        sum(amount_paid_minor)::bigint as recorded_minor,
    from invoice_payments
    where
        status = 'paid'
        and payment_intent_id is null
        and charge_id is null
    group by invoice_id

),

-- a payment intent that received money whose charge is not among the landed objects is money all
-- the same
unlisted_by_invoice as (

    select
        links.invoice_id,
        sum(links.amount_received_minor)::bigint as unlisted_minor,
    from (
        select distinct
            coalesce(payment_intents.invoice_id, invoice_payments.invoice_id) as invoice_id,
            payment_intents.payment_intent_id,
            payment_intents.amount_received_minor,
        from payment_intents
        left join invoice_payments
            on payment_intents.payment_intent_id = invoice_payments.payment_intent_id
        anti join charges
            on payment_intents.payment_intent_id = charges.payment_intent_id
        where
            payment_intents.status = 'succeeded'
            and payment_intents.latest_charge_id is not null
    ) as links
    where links.invoice_id is not null
    group by links.invoice_id

),

paid_invoices as (

    select
        invoices.invoice_id,
        invoices.customer_id,
        invoices.subscription_id,
        invoices.currency,
        invoices.status,
        invoices.amount_paid_minor as stated_minor,
        coalesce(charges_by_invoice.charged_minor, 0) as charged_minor,
        coalesce(charges_by_invoice.surplus_minor, 0) as surplus_minor,
        coalesce(charges_by_invoice.refunded_minor, 0) as refunded_minor,
        coalesce(unlisted_by_invoice.unlisted_minor, 0) as unlisted_minor,
        greatest(
            coalesce(invoices.amount_paid_off_stripe_minor, 0),
            coalesce(recorded_by_invoice.recorded_minor, 0)
        ) as off_stripe_minor,
        coalesce(invoices.is_paid_out_of_band, false) as is_paid_out_of_band,
        charges_by_invoice.charge_ids,
        failed_charges_by_invoice.charge_ids as failed_charge_ids,
    from invoices
    left join charges_by_invoice
        on invoices.invoice_id = charges_by_invoice.invoice_id
    left join failed_charges_by_invoice
        on invoices.invoice_id = failed_charges_by_invoice.invoice_id
    left join recorded_by_invoice
        on invoices.invoice_id = recorded_by_invoice.invoice_id
    left join unlisted_by_invoice
        on invoices.invoice_id = unlisted_by_invoice.invoice_id
    where
        invoices.amount_paid_minor > 0
        -- money in another currency than the invoice's cannot be compared with it
        and coalesce(charges_by_invoice.currencies, 1) = 1
        and coalesce(charges_by_invoice.currency, invoices.currency) = invoices.currency

),

-- The older shape says only *that* it was paid out of band: then what no charge covers counts as
-- paid. A second payment is a fault of its own (payment_duplicate), whether the invoice counts it
-- or not.
money as (

    select
        *,
        case
            when is_paid_out_of_band then greatest(stated_minor, charged_minor - surplus_minor)
            else charged_minor - surplus_minor + unlisted_minor + off_stripe_minor
        end as money_minor,
    from paid_invoices

),

stated_differently as (

    select *
    from money
    where
        money_minor != stated_minor
        and money_minor + surplus_minor != stated_minor
        -- too much taken and given back is mended
        and not (money_minor > stated_minor and money_minor - refunded_minor = stated_minor)

),

payment_differences as (

    select
        {{ discrepancy(
            kind="case when money_minor = 0 and status = 'paid' then 'payment_missing'
                else 'payment_amount_mismatch' end",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            currency='currency',
            expected_minor='stated_minor',
            actual_minor='money_minor',
            evidence="to_json({
                'invoice_status': status,
                'amount_paid_minor': stated_minor,
                'charged_minor': charged_minor,
                'refunded_minor': refunded_minor,
                'off_stripe_minor': off_stripe_minor,
                'charge_ids': coalesce(charge_ids, []),
                'failed_charge_ids': coalesce(failed_charge_ids, [])
            })",
        ) }}
    from stated_differently

),

duplicates as (

    select
        {{ discrepancy(
            kind="'payment_duplicate'",
            customer_id='coalesce(invoices.customer_id, charges_settled.customer_id)',
            subscription_id='invoices.subscription_id',
            invoice_id='charges_settled.invoice_id',
            object_id='charges_settled.charge_id',
            currency='charges_settled.currency',
            expected_minor='0',
            actual_minor='charges_settled.captured_minor - charges_settled.refunded_minor',
            detail="case when charges_settled.first_charge_id = charges_settled.charge_id
                then 'a payment outside Stripe' else charges_settled.first_charge_id end",
            evidence="to_json({
                'invoice_id': charges_settled.invoice_id,
                'amount_due_minor': invoices.amount_due_minor,
                'charged_before_minor': charges_settled.charged_before_minor,
                'first_charge_id': charges_settled.first_charge_id,
                'charge_id': charges_settled.charge_id,
                'charged_at': charges_settled.created_at,
                'refunded_minor': charges_settled.refunded_minor,
                'linked_by': charges_settled.linked_by
            })",
        ) }}
    from charges_settled
    inner join invoices
        on charges_settled.invoice_id = invoices.invoice_id
    where
        charges_settled.is_surplus
        and not charges_settled.is_dispute_lost
        and charges_settled.captured_minor > charges_settled.refunded_minor

),

orphans as (

    select
        {{ discrepancy(
            kind="'payment_orphan'",
            customer_id='charges_settled.customer_id',
            object_id='charges_settled.charge_id',
            arose_at='charges_settled.created_at',
            currency='charges_settled.currency',
            expected_minor='0',
            actual_minor='charges_settled.captured_minor - charges_settled.refunded_minor',
            evidence="to_json({
                'charge_id': charges_settled.charge_id,
                'payment_intent_id': charges_settled.payment_intent_id,
                'charged_at': charges_settled.created_at,
                'captured_minor': charges_settled.captured_minor,
                'refunded_minor': charges_settled.refunded_minor
            })",
        ) }}
    from charges_settled
    inner join subscribers
        on charges_settled.customer_id = subscribers.customer_id
    where
        charges_settled.invoice_id is null
        and not charges_settled.is_dispute_lost
        and charges_settled.captured_minor > charges_settled.refunded_minor

),

final as (

    select * from payment_differences
    union all
    select * from duplicates
    union all
    select * from orphans

)

select * from final

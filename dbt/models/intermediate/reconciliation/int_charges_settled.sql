-- Charges that moved money, with what of it is still there and what had paid their invoice before.
-- A charge is *surplus* when its invoice was covered before it: the same invoice paid again.

with

charges as (

    select * from {{ ref('int_charges_current') }}

),

charges_linked as (

    select * from {{ ref('int_charges_linked') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

refunds as (

    select * from {{ ref('int_refunds_current') }}

),

disputes as (

    select * from {{ ref('int_disputes_current') }}

),

refunds_by_charge as (

    select
        coalesce(refunds.charge_id, charges.charge_id) as charge_id,
        sum(refunds.amount_minor)::bigint as refunded_minor,
    from refunds
    left join charges
        on
            refunds.charge_id is null
            and refunds.payment_intent_id = charges.payment_intent_id
            and charges.status = 'succeeded'
    where coalesce(refunds.status, 'succeeded') in ('succeeded', 'pending')
    group by coalesce(refunds.charge_id, charges.charge_id)

),

disputes_by_charge as (

    select
        charge_id,
        true as is_disputed,
        bool_or(status = 'lost') as is_dispute_lost,
    from disputes
    where charge_id is not null
    group by charge_id

),

settled as (

    select
        charges.charge_id,
        charges.customer_id,
        charges.payment_intent_id,
        charges_linked.invoice_id,
        charges_linked.linked_by,
        charges.currency,
        charges.created_at,
        coalesce(
            nullif(charges.amount_captured_minor, 0), charges.amount_minor
        )::bigint as captured_minor,
        greatest(
            coalesce(charges.amount_refunded_minor, 0),
            coalesce(refunds_by_charge.refunded_minor, 0)
        )::bigint as refunded_minor,
        coalesce(disputes_by_charge.is_disputed, false) as is_disputed,
        coalesce(disputes_by_charge.is_dispute_lost, false) as is_dispute_lost,
    from charges
    inner join charges_linked
        on charges.charge_id = charges_linked.charge_id
    left join refunds_by_charge
        on charges.charge_id = refunds_by_charge.charge_id
    left join disputes_by_charge
        on charges.charge_id = disputes_by_charge.charge_id
    where
        charges.status = 'succeeded'
        and coalesce(charges.is_captured, true)

),

-- a charge lost to a dispute pays for nothing, so a later one is no second payment
covered as (

    select
        *,
        coalesce(
            sum(case when is_dispute_lost then 0 else captured_minor end) over (
                partition by invoice_id
                order by created_at, charge_id
                rows between unbounded preceding and 1 preceding
            ),
            0
        )::bigint as charged_before_minor,
        first_value(charge_id) over (
            partition by invoice_id
            order by is_dispute_lost, created_at, charge_id
        ) as first_charge_id,
    from settled

),

final as (

    select
        covered.*,
        coalesce(
            invoices.amount_due_minor > 0
            and covered.currency = invoices.currency
            and (
                covered.charged_before_minor >= invoices.amount_due_minor
                or (
                    coalesce(invoices.is_paid_out_of_band, false)
                    and invoices.status = 'paid'
                    and covered.created_at > invoices.paid_at
                )
            ),
            false
        ) as is_surplus,
        coalesce(
            covered.captured_minor > invoices.amount_paid_minor
            and covered.captured_minor - covered.refunded_minor = invoices.amount_paid_minor,
            false
        ) as is_overcharge_returned,
    from covered
    left join invoices
        on covered.invoice_id = invoices.invoice_id

)

select * from final

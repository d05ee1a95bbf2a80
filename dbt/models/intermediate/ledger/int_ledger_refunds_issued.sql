{{ config(materialized='ephemeral') }}

-- Rule refund_issued: first against the credit note that promised it. What nobody promised goes
-- back to where the charge was put: a payment without an invoice, or the receivable that it paid
-- twice or too high; else it is revenue given back. A refund that failed or was canceled is no
-- refund; its balance transactions cancel each other.

with refunds as (

    select * from {{ ref('int_refunds_current') }}

),

charges as (

    select * from {{ ref('int_charges_current') }}

),

settled as (

    select * from {{ ref('int_charges_settled') }}

),

credit_notes as (

    select * from {{ ref('int_credit_notes_current') }}

),

promises as (

    select
        credit_note_id,
        unnest(refunds, recursive := true),
    from credit_notes
    where status is distinct from 'void'

),

promised as (

    select
        refund_id,
        min(credit_note_id) as credit_note_id,
        -- null: the credit note names the refund and not how much of it
        if(count(*) = count(amount_minor), sum(amount_minor)::bigint, null) as promised_minor,
    from promises
    group by all

),

-- a refund may name only the payment intent that it takes from
located as (

    select
        refunds.* exclude (charge_id),
        coalesce(refunds.charge_id, charges.charge_id) as charge_id,
    from refunds
    left join charges
        on
            refunds.charge_id is null
            and refunds.payment_intent_id = charges.payment_intent_id
            and charges.status = 'succeeded'
    where coalesce(refunds.status, 'succeeded') in ('succeeded', 'pending')

),

measured as (

    select
        located.refund_id,
        located.currency,
        located.created_at,
        located.amount_minor,
        located.charge_id,
        charges.customer_id,
        promised.credit_note_id,
        if(
            promised.credit_note_id is null,
            0,
            least(coalesce(promised.promised_minor, located.amount_minor), located.amount_minor)
        ) as promised_minor,
        case
            when settled.charge_id is null then 'refunds_and_credit_notes'
            when settled.invoice_id is null then 'unapplied_payments'
            when settled.is_surplus or settled.is_overcharge_returned then 'accounts_receivable'
            else 'refunds_and_credit_notes'
        end as rest_account,
        settled.invoice_id,
    from located
    left join charges using (charge_id)
    left join settled using (charge_id)
    left join promised using (refund_id)

),

final as (

    select
        'refund_issued' as rule,
        'refund' as source_type,
        refund_id as source_id,
        created_at as effective_at,
        'Refund of charge ' || coalesce(charge_id, 'unknown') as description,
        unnest(['credit_notes_payable', rest_account, 'payments_clearing']) as account,
        customer_id,
        unnest([
            credit_note_id,
            case rest_account
                when 'unapplied_payments' then charge_id
                when 'accounts_receivable' then invoice_id
            end,
            null,
        ]) as subledger_id,
        unnest([promised_minor, amount_minor - promised_minor, -amount_minor]) as amount_minor,
        currency,
    from measured

)

select * from final

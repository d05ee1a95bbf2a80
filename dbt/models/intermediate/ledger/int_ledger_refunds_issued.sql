{{ config(materialized='ephemeral') }}

-- Rule refund_issued: first against the credit note that promised it, the rest against revenue.
-- A refund that failed or was canceled is no refund; its balance transactions cancel each other.

with refunds as (

    select * from {{ ref('int_refunds_current') }}

),

charges as (

    select * from {{ ref('int_charges_current') }}

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

measured as (

    select
        refunds.refund_id,
        refunds.currency,
        refunds.created_at,
        refunds.amount_minor,
        refunds.charge_id,
        charges.customer_id,
        promised.credit_note_id,
        if(
            promised.credit_note_id is null,
            0,
            least(coalesce(promised.promised_minor, refunds.amount_minor), refunds.amount_minor)
        ) as promised_minor,
    from refunds
    left join charges using (charge_id)
    left join promised using (refund_id)
    where coalesce(refunds.status, 'succeeded') in ('succeeded', 'pending')

),

final as (

    select
        'refund_issued' as rule,
        'refund' as source_type,
        refund_id as source_id,
        created_at as effective_at,
        'Refund of charge ' || coalesce(charge_id, 'unknown') as description,
        unnest(['credit_notes_payable', 'refunds_and_credit_notes', 'payments_clearing'])
            as account,
        customer_id,
        unnest([credit_note_id, null, null]) as subledger_id,
        unnest([promised_minor, amount_minor - promised_minor, -amount_minor]) as amount_minor,
        currency,
    from measured

)

select * from final

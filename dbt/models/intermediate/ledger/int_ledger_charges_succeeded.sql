{{ config(materialized='ephemeral') }}

-- Rule charge_succeeded: a captured charge settles its invoice's receivable in the charge's own
-- currency. The money itself comes with the balance transaction, so the two meet in clearing.

with charges as (

    select * from {{ ref('int_charges_current') }}

),

linked as (

    select * from {{ ref('int_charges_linked') }}

),

captured as (

    select
        charges.charge_id,
        charges.customer_id,
        charges.currency,
        charges.created_at,
        linked.invoice_id,
        coalesce(nullif(charges.amount_captured_minor, 0), charges.amount_minor)
            as amount_minor,
    from charges
    left join linked using (charge_id)
    where charges.status = 'succeeded' and coalesce(charges.is_captured, true)

),

final as (

    select
        'charge_succeeded' as rule,
        'charge' as source_type,
        charge_id as source_id,
        created_at as effective_at,
        if(
            invoice_id is null,
            'Charge without an invoice',
            'Charge for invoice ' || invoice_id
        ) as description,
        unnest([
            'payments_clearing',
            if(invoice_id is null, 'unapplied_payments', 'accounts_receivable'),
        ]) as account,
        customer_id,
        unnest([null, coalesce(invoice_id, charge_id)]) as subledger_id,
        unnest([amount_minor, -amount_minor]) as amount_minor,
        currency,
    from captured

)

select * from final

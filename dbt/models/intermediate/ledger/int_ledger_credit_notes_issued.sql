{{ config(materialized='ephemeral') }}

-- Rules credit_note_issued and credit_note_voided. The part before payment lowers the receivable;
-- the rest is promised to the customer and kept by refunds, customer balance or outside Stripe.

with credit_notes as (

    select * from {{ ref('int_credit_notes_current') }}

),

measured as (

    select
        *,
        coalesce(total_minor, amount_minor) as given_minor,
        coalesce(total_minor - total_excl_tax_minor, tax_minor, 0) as given_tax_minor,
        -- older credit notes state the type only
        coalesce(
            pre_payment_minor,
            if(credit_note_type = 'pre_payment', coalesce(total_minor, amount_minor), 0)
        ) as receivable_minor,
        coalesce(out_of_band_minor, 0) as off_stripe_minor,
        'Credit note ' || coalesce(number, credit_note_id) as label,
    from credit_notes

),

postings as (

    select
        credit_note_id,
        'refunds_and_credit_notes' as account,
        null::varchar as subledger_id,
        given_minor - given_tax_minor as amount_minor,
    from measured

    union all

    select credit_note_id, 'tax_payable', null, given_tax_minor from measured

    union all

    select credit_note_id, 'accounts_receivable', invoice_id, -receivable_minor from measured

    union all

    select credit_note_id, 'cash_off_stripe', null, -off_stripe_minor from measured

    union all

    select
        credit_note_id,
        'credit_notes_payable',
        credit_note_id,
        receivable_minor + off_stripe_minor - given_minor,
    from measured

),

issued as (

    select
        'credit_note_issued' as rule,
        'credit_note' as source_type,
        measured.credit_note_id as source_id,
        coalesce(measured.effective_at, measured.created_at) as effective_at,
        measured.label || ' issued' as description,
        postings.account,
        measured.customer_id,
        postings.subledger_id,
        postings.amount_minor,
        measured.currency,
    from measured
    inner join postings using (credit_note_id)

),

voided as (

    select
        'credit_note_voided' as rule,
        'credit_note' as source_type,
        measured.credit_note_id as source_id,
        coalesce(measured.voided_at, measured.created_at) as effective_at,
        measured.label || ' voided' as description,
        postings.account,
        measured.customer_id,
        postings.subledger_id,
        -postings.amount_minor as amount_minor,
        measured.currency,
    from measured
    inner join postings using (credit_note_id)
    where measured.status = 'void'

),

final as (

    select * from issued

    union all

    select * from voided

)

select * from final

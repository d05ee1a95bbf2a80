{{ config(materialized='ephemeral') }}

-- Rule invoice_voided: a void invoice owes nothing and earned nothing. What its finalization
-- posted, a contract's true-up with it, is taken back, less what credit notes had already taken off
-- it before payment.

with invoices as (

    select * from {{ ref('int_invoices_current') }}

),

finalized as (

    select * from {{ ref('int_ledger_invoices_finalized') }}

    union all

    select * from {{ ref('int_ledger_contracts_trued_up') }}

),

credit_notes as (

    select * from {{ ref('int_credit_notes_current') }}

),

credit_note_postings as (

    select * from {{ ref('int_ledger_credit_notes_issued') }}

),

voided as (

    select
        invoice_id,
        coalesce(voided_at, finalized_at, created_at) as effective_at,
        'Invoice ' || coalesce(number, invoice_id) || ' voided' as description,
    from invoices
    where status = 'void'

),

-- a credit note's promise after payment stays: only the part that lowered the receivable goes
taken_off as (

    select
        credit_notes.invoice_id,
        credit_note_postings.account,
        credit_note_postings.customer_id,
        credit_note_postings.subledger_id,
        credit_note_postings.amount_minor,
        credit_note_postings.currency,
    from credit_note_postings
    inner join credit_notes on credit_note_postings.source_id = credit_notes.credit_note_id
    where
        credit_notes.credit_note_type = 'pre_payment'
        and credit_note_postings.account in (
            'accounts_receivable', 'refunds_and_credit_notes', 'tax_payable'
        )

),

posted as (

    select
        source_id as invoice_id,
        account,
        customer_id,
        subledger_id,
        amount_minor,
        currency,
    from finalized

    union all

    select * from taken_off

),

final as (

    select
        'invoice_voided' as rule,
        'invoice' as source_type,
        voided.invoice_id as source_id,
        voided.effective_at,
        voided.description,
        posted.account,
        posted.customer_id,
        posted.subledger_id,
        -posted.amount_minor as amount_minor,
        posted.currency,
    from voided
    inner join posted using (invoice_id)

)

select * from final

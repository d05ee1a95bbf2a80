{{ config(materialized='ephemeral') }}

-- What Stripe says of tax: on every line of invoices that are owed or paid, less what credit notes
-- gave back.

with invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

credit_notes as (

    select * from {{ ref('int_credit_notes_current') }}

),

tax_charged as (

    select
        'tax_payable' as account,
        invoices.currency,
        invoices.customer_id,
        null as document_id,
        -lines.tax_minor as stripe_minor,
    from invoices
    inner join lines using (invoice_id)
    where
        invoices.status in ('open', 'paid', 'uncollectible')
        and lines.tax_minor <> 0

),

tax_given_back as (

    select
        'tax_payable' as account,
        credit_notes.currency,
        credit_notes.customer_id,
        null as document_id,
        credit_notes.tax_minor as stripe_minor,
    from credit_notes
    left join invoices using (invoice_id)
    where
        credit_notes.status is distinct from 'void'
        and credit_notes.tax_minor <> 0
        and not (
            credit_notes.credit_note_type = 'pre_payment'
            and coalesce(invoices.status, '') = 'void'
        )

),

final as (

    select * from tax_charged

    union all

    select * from tax_given_back

)

select * from final

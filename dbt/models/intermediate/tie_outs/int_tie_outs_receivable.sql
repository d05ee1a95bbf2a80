{{ config(materialized='ephemeral') }}

-- What Stripe says that customers owe: on open invoices, and on their balance.

with invoices as (

    select * from {{ ref('int_invoices_current') }}

),

customers as (

    select * from {{ ref('int_customers_current') }}

),

open_invoices as (

    select
        'accounts_receivable' as account,
        currency,
        customer_id,
        invoice_id as document_id,
        amount_remaining_minor as stripe_minor,
    from invoices
    where status = 'open'

),

-- a balance of zero has no currency of its own
customer_balances as (

    select
        'customer_credit' as account,
        currency,
        customer_id,
        null as document_id,
        balance_minor as stripe_minor,
    from customers
    where balance_minor <> 0

),

final as (

    select * from open_invoices

    union all

    select * from customer_balances

)

select * from final

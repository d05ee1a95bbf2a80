{{ config(materialized='ephemeral') }}

-- The customer balance that a finalized invoice found: what the customer's transactions before it
-- left. Of transactions in the very second of the finalization nothing tells which came before it,
-- so what the invoice states counts where one of them found or left that. Of several in the second
-- before, the last is the one whose balance no other found. An invoice that no transaction came
-- before has no row.
with

invoices as (

    select * from {{ ref('int_invoices_current') }}
    where finalized_at is not null

),

transactions as (

    select * from {{ ref('int_customer_balance_transactions_current') }}

),

earlier as (

    select
        invoices.invoice_id,
        invoices.finalized_at,
        invoices.starting_balance_minor,
        transactions.customer_balance_transaction_id,
        transactions.created_at,
        transactions.amount_minor,
        transactions.ending_balance_minor,
    from invoices
    inner join transactions
        on
            invoices.customer_id = transactions.customer_id
            and invoices.currency = transactions.currency
            and invoices.finalized_at >= transactions.created_at
            and invoices.invoice_id is distinct from transactions.invoice_id

),

latest as (

    select
        *,
        max(created_at) filter (where created_at < finalized_at) over (partition by invoice_id)
            as last_before_at,
    from earlier
    qualify created_at = finalized_at or created_at = last_before_at

),

followed as (

    select distinct
        latest.invoice_id,
        latest.customer_balance_transaction_id,
        true as is_followed,
    from latest
    inner join latest as following
        on latest.invoice_id = following.invoice_id
        and latest.created_at = following.created_at
        and latest.customer_balance_transaction_id <> following.customer_balance_transaction_id
        and latest.ending_balance_minor = following.ending_balance_minor - following.amount_minor

),

found as (

    select
        invoice_id,
        coalesce(is_followed, false) as is_followed,
        starting_balance_minor,
        created_at,
        unnest(
            case
                when created_at < finalized_at then [ending_balance_minor]
                else [ending_balance_minor - amount_minor, ending_balance_minor]
            end
        ) as balance_minor,
    from latest
    left join followed using (invoice_id, customer_balance_transaction_id)

),

final as (

    select
        invoice_id,
        coalesce(
            any_value(balance_minor) filter (where balance_minor = starting_balance_minor),
            min_by(balance_minor, (created_at, is_followed, balance_minor))
        ) as balance_minor,
    from found
    group by invoice_id

)

select * from final

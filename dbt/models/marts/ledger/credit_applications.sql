-- Burn-down of credit grants: which grant paid which invoice line, what a voided invoice gave back,
-- and what was left of the grant each time.

with transactions as (

    select * from {{ ref('int_credit_balance_transactions_current') }}

),

grants as (

    select * from {{ ref('int_credit_grants_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

-- within an instant a grant is given first and used in the order of the invoice's lines
moved as (

    select
        transactions.credit_balance_transaction_id,
        transactions.credit_grant_id,
        grants.customer_id,
        transactions.invoice_id,
        transactions.invoice_line_id as line_id,
        lines.price_id,
        grants.category,
        transactions.entry_type,
        transactions.currency,
        if(
            transactions.transaction_type = 'debit',
            transactions.amount_minor,
            -transactions.amount_minor
        ) as used_minor,
        coalesce(transactions.effective_at, transactions.created_at) as applied_at,
        row_number() over (
            partition by transactions.credit_grant_id
            order by
                coalesce(transactions.effective_at, transactions.created_at),
                transactions.entry_type <> 'credits_granted',
                transactions.created_at,
                transactions.invoice_id,
                lines.position,
                transactions.credit_balance_transaction_id
        ) as movement,
    from transactions
    left join grants using (credit_grant_id)
    left join lines
        on
            transactions.invoice_id = lines.invoice_id
            and transactions.invoice_line_id = lines.line_id

),

counted as (

    select
        *,
        (-sum(used_minor) over (partition by credit_grant_id order by movement))::bigint
            as balance_after_minor,
    from moved

),

final as (

    select
        credit_balance_transaction_id,
        credit_grant_id,
        customer_id,
        invoice_id,
        line_id,
        price_id,
        category,
        currency,
        movement,
        used_minor as amount_minor,
        balance_after_minor,
        applied_at,
    from counted
    where entry_type in ('credits_applied', 'credits_application_invoice_voided')

)

select * from final

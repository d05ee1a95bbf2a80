{{ config(materialized='ephemeral') }}

-- Rule invoice_finalized: what an invoice says at finalization, before the customer balance and
-- before anything is paid. Charges in advance are deferred, net of their discounts. What trues up a
-- contract is of the rule contract_trued_up, and its part of the receivable too. Whatever the
-- invoice does not explain itself goes to suspense.

with invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_ledger_lines') }}

),

finalized as (

    select
        invoice_id,
        customer_id,
        currency,
        coalesce(finalized_at, effective_at, created_at) as effective_at,
        'Invoice ' || coalesce(number, invoice_id) || ' finalized' as description,
        total_minor,
        coalesce(total_minor - total_excl_tax_minor, tax_minor, 0) as tax_minor,
        coalesce(list_sum([
            discount.amount_minor for discount in total_discount_amounts
        ]), 0)::bigint as discount_minor,
        coalesce(list_sum([
            credit.amount_minor for credit in total_credit_amounts
            if credit.credit_type = 'credit_balance_transaction'
        ]), 0)::bigint as credit_minor,
    from invoices
    where status in ('open', 'paid', 'void', 'uncollectible')

),

-- a deferred line's discount is deferred with it, so it leaves the discounts of today
explained as (

    select
        invoice_id,
        case
            when contract_id is not null then 'accounts_receivable'
            when is_deferred then 'deferred_revenue'
            else revenue_account
        end as account,
        if(is_deferred or contract_id is not null, invoice_id, price_id) as subledger_id,
        -if(is_deferred, revenue_minor - discount_minor, revenue_minor) as amount_minor,
    from lines

    union all

    select invoice_id, 'discounts', null, -discount_minor from lines where is_deferred

    union all

    select invoice_id, 'discounts', null, discount_minor from finalized

    union all

    select invoice_id, 'credits_applied_clearing', null, credit_minor from finalized

    union all

    select invoice_id, 'tax_payable', null, -tax_minor from finalized

    union all

    select invoice_id, 'accounts_receivable', invoice_id, total_minor from finalized

),

unexplained as (

    select
        invoice_id,
        'suspense' as account,
        invoice_id as subledger_id,
        -sum(amount_minor)::bigint as amount_minor,
    from explained
    group by invoice_id

),

postings as (

    select * from explained

    union all

    select * from unexplained

),

final as (

    select
        'invoice_finalized' as rule,
        'invoice' as source_type,
        finalized.invoice_id as source_id,
        finalized.effective_at,
        finalized.description,
        postings.account,
        finalized.customer_id,
        postings.subledger_id,
        postings.amount_minor,
        finalized.currency,
    from finalized
    inner join postings using (invoice_id)

)

select * from final

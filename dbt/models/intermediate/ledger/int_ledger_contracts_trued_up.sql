{{ config(materialized='ephemeral') }}

-- Rule contract_trued_up: the shortfall of a contract's commitment, once an invoice bills it.

with lines as (

    select * from {{ ref('int_ledger_lines') }}

),

final as (

    select
        'contract_trued_up' as rule,
        'invoice' as source_type,
        invoice_id as source_id,
        finalized_at as effective_at,
        'Commitment of a contract trued up' as description,
        unnest(['accounts_receivable', 'commitment_revenue']) as account,
        customer_id,
        unnest([invoice_id, contract_id]) as subledger_id,
        unnest([revenue_minor, -revenue_minor]) as amount_minor,
        currency,
    from lines
    where contract_id is not null

)

select * from final

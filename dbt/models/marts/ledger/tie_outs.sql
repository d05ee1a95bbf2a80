-- The ledger's control accounts against what Stripe itself states about the same thing, by currency
-- and scope. Stripe's side is taken from other objects than the entries were posted from, as far as
-- Stripe states a figure twice: one model of intermediate/tie_outs for each source of figures.

with balances as (

    select * from {{ ref('int_ledger_balances') }}

),

accounts as (

    select * from {{ ref('ledger_accounts') }}

),

ledger_facts as (

    select
        account,
        currency,
        customer_id,
        -- per document only where Stripe states a figure per document
        if(account in ('accounts_receivable', 'prepaid_credits', 'bank'), subledger_id, null)
            as document_id,
        balance_minor as ledger_minor,
        0::bigint as stripe_minor,
    from balances
    inner join accounts using (account)
    where accounts.is_control

),

stripe_facts as (
    {% for model in [
        'int_tie_outs_receivable',
        'int_tie_outs_money',
        'int_tie_outs_credits',
        'int_tie_outs_tax',
        'int_tie_outs_deferred',
        'int_tie_outs_unbilled',
    ] %}
    select * from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

facts as (

    select * from ledger_facts

    union all by name

    select *, 0::bigint as ledger_minor from stripe_facts

),

summed as (

    select
        account,
        currency,
        case grouping(customer_id, document_id)
            when 3 then 'all'
            when 2 then document_id
            else customer_id
        end as scope,
        case grouping(customer_id, document_id)
            when 3 then 'all'
            when 2 then 'document'
            else 'customer'
        end as scope_type,
        sum(ledger_minor)::bigint as ledger_minor,
        sum(stripe_minor)::bigint as stripe_minor,
    from facts
    group by grouping sets (
        (account, currency),
        (account, currency, customer_id),
        (account, currency, document_id)
    )

),

final as (

    select
        account,
        scope,
        scope_type,
        currency,
        ledger_minor,
        stripe_minor,
        ledger_minor - stripe_minor as difference_minor,
    from summed
    where
        scope is not null
        -- a settled document that both sides agree upon is no news
        and (scope_type <> 'document' or ledger_minor <> 0 or stripe_minor <> 0)

)

select * from final

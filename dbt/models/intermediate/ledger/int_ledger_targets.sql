-- What the ledger ought to hold, one row per posting, from every rule. What has been posted is
-- compared with this; the entry's id is made of its rule, its document and, where a document has
-- an effect in several months, the month, so that it is the same in every run.

with targets as (
    {% for model in [
        'int_ledger_invoices_finalized',
        'int_ledger_invoices_voided',
        'int_ledger_invoices_settled_off_stripe',
        'int_ledger_revenue_released',
        'int_ledger_usage_rated',
        'int_ledger_charges_succeeded',
        'int_ledger_refunds_issued',
        'int_ledger_credit_notes_issued',
        'int_ledger_customer_balances_moved',
        'int_ledger_credit_grants_moved',
        'int_ledger_balance_transactions_settled',
        'int_ledger_payouts_paid',
    ] %}
    select * from {{ ref(model) }}
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}
),

final as (

    select
        concat_ws(':', rule, source_id, part) as entry_id,
        rule,
        source_type,
        source_id,
        effective_at,
        description,
        account,
        customer_id,
        subledger_id,
        sum(amount_minor)::bigint as amount_minor,
        currency,
    from targets
    group by all
    having sum(amount_minor) <> 0

)

select * from final

-- Documents whose entries may have to change, by their key: something that they read has landed since
-- the last publication, time has earned more of them, or they were an accrual then. After a rebuild
-- nothing is known of that, and everything posted is looked at. Usage not invoiced yet is computed
-- in every run and is not named here.

with parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

posted as (

    select * from {{ ref('stg_runs__ledger_entries') }}

),

accruals as (

    select * from {{ ref('stg_runs__ledger_accruals') }}

),

lines as (

    select * from {{ ref('int_ledger_lines') }}

),

charges as (

    select * from {{ ref('int_charges_current') }}

),

linked as (

    select * from {{ ref('int_charges_linked') }}

),

refunds as (

    select * from {{ ref('int_refunds_current') }}

),

disputes as (

    select * from {{ ref('int_disputes_current') }}

),

balance_transactions as (

    select * from {{ ref('int_balance_transactions_current') }}

),

credit_transactions as (

    select * from {{ ref('int_credit_balance_transactions_current') }}

),

-- every id that a newly landed version names; ids of Stripe are unique over all types
landed as (
    {% for model, ids in ledger_inputs() %}
    select unnest([{{ ids | join(', ') }}]) as object_id
    from {{ ref('stg_stripe__' ~ model) }}
    where batch_number > (select landed_batches from parameters)

    union all
    {% endfor %}

    select unnest(list_transform(refunds, lambda refund: refund.refund_id))
    from {{ ref('stg_stripe__credit_notes') }}
    where batch_number > (select landed_batches from parameters)

    union all

    select unnest(flatten(list_transform(
        payments, lambda payment: [payment.charge_id, payment.payment_intent_id]
    )))
    from {{ ref('stg_stripe__invoices') }}
    where batch_number > (select landed_batches from parameters)

),

objects as (

    select distinct object_id from landed
    where object_id is not null

),

-- a refund asks whether its invoice was paid twice: by its charges, refunds and disputes together
refunded as (

    select
        refunds.refund_id,
        linked.invoice_id,
    from refunds
    left join charges
        on refunds.charge_id is null and refunds.payment_intent_id = charges.payment_intent_id
    inner join linked on coalesce(refunds.charge_id, charges.charge_id) = linked.charge_id
    where linked.invoice_id is not null

),

payments as (

    select invoice_id, invoice_id as object_id from refunded

    union all

    select invoice_id, charge_id from linked

    union all

    select linked.invoice_id, disputes.dispute_id
    from linked
    inner join disputes using (charge_id)

    union all

    select invoice_id, refund_id from refunded

),

-- what a document reads beside itself
readings as (

    select 'invoice' as source_type, invoice_id as source_id, price_id as object_id from lines

    union all

    select 'invoice', invoice_id, charge_id from linked
    where invoice_id is not null

    union all

    select 'charge', charge_id, invoice_id from linked

    union all

    select 'charge', charge_id, payment_intent_id from charges

    union all

    select 'refund', refund_id, charge_id from refunds

    union all

    select 'refund', refund_id, payment_intent_id from refunds

    union all

    select 'refund', refunded.refund_id, payments.object_id
    from refunded
    inner join payments using (invoice_id)

    union all

    select 'balance_transaction', balance_transaction_id, source_id from balance_transactions

    union all

    select
        'balance_transaction',
        balance_transactions.balance_transaction_id,
        refunds.charge_id,
    from balance_transactions
    inner join refunds on balance_transactions.source_id = refunds.refund_id

    union all

    select
        'balance_transaction',
        balance_transactions.balance_transaction_id,
        disputes.charge_id,
    from balance_transactions
    inner join disputes on balance_transactions.source_id = disputes.dispute_id

    union all

    select
        'credit_balance_transaction',
        credit_balance_transaction_id,
        credit_grant_id,
    from credit_transactions

),

-- an object is a document of at most one type; the other keys find nothing
documents as (

    select
        unnest({{ ledger_document_types() }}) as source_type,
        object_id as source_id,
    from objects

    union all

    select
        readings.source_type,
        readings.source_id,
    from readings
    semi join objects using (object_id)

    union all

    select
        'invoice',
        lines.invoice_id,
    from lines
    cross join parameters
    where
        lines.is_deferred
        and lines.period_end_at > parameters.previous_as_of
        and lines.period_start_at < parameters.as_of

),

touched as (

    select {{ ledger_document_key('source_type', 'source_id') }} as document_key
    from documents

    union all

    select document_key from accruals

    union all

    select posted.document_key
    from posted
    inner join parameters on parameters.landed_batches is null

),

final as (

    select distinct document_key from touched

)

select * from final

{# What the ledger posts from, in one place. A new kind of document is a model of its own, named
   here, and its rows in the seed `posting_rules` and below; docs/ledger.md tells what the model
   must give. #}

{# The posting rules' models, one for each business event. #}
{% macro ledger_rule_models() %}
    {{ return([
        'int_ledger_invoices_finalized',
        'int_ledger_contracts_trued_up',
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
    ]) }}
{% endmacro %}

{# Every id that versions landed since batch `landed_batches` name, by kind of object. A document is
   looked at again when one of them is its own, or that of something it reads. #}
{% macro ledger_ids_landed(landed_batches) %}
    {% for model, ids in [
        ('invoices', '[invoice_id, charge_id, payment_intent_id]'),
        ('invoices', 'flatten(list_transform(
            payments, lambda payment: [payment.charge_id, payment.payment_intent_id]
        ))'),
        ('line_items', '[invoice_id]'),
        ('invoice_payments', '[invoice_id, charge_id, payment_intent_id]'),
        ('charges', '[charge_id, invoice_id, payment_intent_id]'),
        ('payment_intents', '[payment_intent_id, invoice_id]'),
        ('prices', '[price_id]'),
        ('refunds', '[refund_id, charge_id, payment_intent_id]'),
        ('disputes', '[dispute_id, charge_id]'),
        ('credit_notes', '[credit_note_id, invoice_id]'),
        ('credit_notes', 'list_transform(refunds, lambda refund: refund.refund_id)'),
        ('customer_balance_transactions', '[customer_balance_transaction_id]'),
        ('credit_grants', '[credit_grant_id]'),
        ('credit_balance_transactions', '[credit_balance_transaction_id]'),
        ('balance_transactions', '[balance_transaction_id]'),
        ('payouts', '[payout_id]'),
    ] %}
    select unnest({{ ids }}) as object_id
    from {{ ref('stg_stripe__' ~ model) }}
    where batch_number > {{ landed_batches }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
{% endmacro %}

{# Who reads what, a row for each pair: a model, the id in it of what reads, and that of what is
   read. What is read through another document needs no row. #}
{% macro ledger_readings() %}
    {% for model, reader_id, object_id in [
        ('int_ledger_lines', 'invoice_id', 'price_id'),
        ('int_charges_linked', 'invoice_id', 'charge_id'),
        ('int_charges_linked', 'charge_id', 'invoice_id'),
        ('int_charges_current', 'charge_id', 'payment_intent_id'),
        ('int_charges_current', 'payment_intent_id', 'charge_id'),
        ('int_refunds_current', 'refund_id', 'charge_id'),
        ('int_refunds_current', 'refund_id', 'payment_intent_id'),
        ('int_disputes_current', 'dispute_id', 'charge_id'),
        ('int_balance_transactions_current', 'balance_transaction_id', 'source_id'),
        (
            'int_credit_balance_transactions_current',
            'credit_balance_transaction_id',
            'credit_grant_id',
        ),
    ] %}
    select
        {{ reader_id }} as reader_id,
        {{ object_id }} as object_id,
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
{% endmacro %}

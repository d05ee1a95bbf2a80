{# What the ledger posts from, in one place. A new kind of document is a model of its own, named
   here, and its rows in the seed `posting_rules`; docs/ledger.md tells what the model must give. #}

{# The posting rules' models, one for each business event. #}
{% macro ledger_rule_models() %}
    {{ return([
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
    ]) }}
{% endmacro %}

{# The `source_type` of every document that is known by an id of Stripe. #}
{% macro ledger_document_types() %}
    {{ return([
        'invoice',
        'charge',
        'refund',
        'credit_note',
        'customer_balance_transaction',
        'credit_balance_transaction',
        'balance_transaction',
        'payout',
    ]) }}
{% endmacro %}

{# For every kind of landed object that entries read: the ids it names, its own first. A document is
   looked at again when any of them is its own, or that of something it reads (`readings` in
   int_ledger_documents_touched). #}
{% macro ledger_inputs() %}
    {{ return([
        ('invoices', ['invoice_id', 'charge_id', 'payment_intent_id']),
        ('line_items', ['invoice_id']),
        ('invoice_payments', ['invoice_id', 'charge_id', 'payment_intent_id']),
        ('charges', ['charge_id', 'invoice_id', 'payment_intent_id']),
        ('payment_intents', ['payment_intent_id', 'invoice_id']),
        ('prices', ['price_id']),
        ('refunds', ['refund_id']),
        ('disputes', ['dispute_id']),
        ('credit_notes', ['credit_note_id', 'invoice_id']),
        ('customer_balance_transactions', ['customer_balance_transaction_id']),
        ('credit_grants', ['credit_grant_id']),
        ('credit_balance_transactions', ['credit_balance_transaction_id']),
        ('balance_transactions', ['balance_transaction_id']),
        ('payouts', ['payout_id']),
    ]) }}
{% endmacro %}

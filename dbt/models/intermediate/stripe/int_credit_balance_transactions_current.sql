-- Transactions of credit grants do not change.
{{ newest_versions(
    ref('stg_stripe__credit_balance_transactions'),
    'credit_balance_transaction_id',
) }}

select * from final

-- Transactions of the customer balance do not change.
{{ newest_versions(
    ref('stg_stripe__customer_balance_transactions'),
    'customer_balance_transaction_id',
) }}

select * from final

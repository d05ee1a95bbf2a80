-- A balance transaction becomes available, and is paid out once.
{{ newest_versions(
    ref('stg_stripe__balance_transactions'),
    'balance_transaction_id',
    settled=[
        "payout_id is not null",
        rank_of('status', ['pending', 'available']),
    ],
) }}

select * from final

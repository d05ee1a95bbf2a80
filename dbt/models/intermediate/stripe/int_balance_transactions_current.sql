-- A balance transaction becomes available, and is paid out once.
{{ newest_versions(
    ref('stg_stripe__balance_transactions'),
    'balance_transaction_id',
    settled=[
        "payout_id is not null",
        "case status when 'pending' then 0 when 'available' then 1 end",
    ],
) }}

select * from final

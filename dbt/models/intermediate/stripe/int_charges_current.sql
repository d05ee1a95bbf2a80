-- A charge succeeds or fails once, is captured once, and what is refunded or disputed only grows.
{{ newest_versions(
    ref('stg_stripe__charges'),
    'charge_id',
    settled=[
        rank_of('status', ['pending', 'failed', 'succeeded']),
        "is_captured",
        "amount_refunded_minor",
        "is_disputed",
        "balance_transaction_id is not null",
    ],
) }}

select * from final

-- A charge succeeds or fails once, is captured once, and what is refunded or disputed only grows.
{{ newest_versions(
    ref('stg_stripe__charges'),
    'charge_id',
    settled=[
        "case status when 'pending' then 0 when 'failed' then 1 when 'succeeded' then 2 end",
        "is_captured",
        "amount_refunded_minor",
        "is_disputed",
        "balance_transaction_id is not null",
    ],
) }}

select * from final

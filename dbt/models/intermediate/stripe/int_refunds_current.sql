-- A refund succeeds once, and can fail even after that.
{{ newest_versions(
    ref('stg_stripe__refunds'),
    'refund_id',
    settled=[
        "case status when 'requires_action' then 0 when 'pending' then 0 when 'succeeded' then 1 when 'canceled' then 2 when 'failed' then 2 end",
        "failure_balance_transaction_id is not null",
        "balance_transaction_id is not null",
    ],
) }}

select * from final

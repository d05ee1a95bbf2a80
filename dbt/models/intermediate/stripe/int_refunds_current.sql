-- A refund succeeds once, and can fail even after that.
{{ newest_versions(
    ref('stg_stripe__refunds'),
    'refund_id',
    settled=[
        rank_of('status', [['requires_action', 'pending'], 'succeeded', ['canceled', 'failed']]),
        "failure_balance_transaction_id is not null",
        "balance_transaction_id is not null",
    ],
) }}

select * from final

-- A payout goes out, arrives, and can come back even after that.
{{ newest_versions(
    ref('stg_stripe__payouts'),
    'payout_id',
    settled=[
        rank_of('status', ['pending', 'in_transit', 'paid', ['canceled', 'failed']]),
        rank_of('reconciliation_status', [['not_applicable', 'in_progress'], 'completed']),
        "reversed_by_id is not null",
    ],
) }}

select * from final

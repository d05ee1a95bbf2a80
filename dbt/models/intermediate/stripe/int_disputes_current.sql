-- A dispute is decided once, and money only ever moves in further transactions.
{{ newest_versions(
    ref('stg_stripe__disputes'),
    'dispute_id',
    settled=[
        rank_of('status', [
            'warning_needs_response',
            'warning_under_review',
            'needs_response',
            'under_review',
            ['warning_closed', 'charge_refunded', 'prevented', 'won', 'lost'],
        ]),
        "len(balance_transactions)",
    ],
) }}

select * from final

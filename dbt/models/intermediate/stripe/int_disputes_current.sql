-- A dispute is decided once, and money only ever moves in further transactions.
{{ newest_versions(
    ref('stg_stripe__disputes'),
    'dispute_id',
    settled=[
        "case status when 'warning_needs_response' then 0 when 'warning_under_review' then 1 when 'needs_response' then 2 when 'under_review' then 3 when 'warning_closed' then 4 when 'charge_refunded' then 4 when 'prevented' then 4 when 'won' then 4 when 'lost' then 4 end",
        "len(balance_transactions)",
    ],
) }}

select * from final

-- A payout goes out, arrives, and can come back even after that.
{{ newest_versions(
    ref('stg_stripe__payouts'),
    'payout_id',
    settled=[
        "case status when 'pending' then 0 when 'in_transit' then 1 when 'paid' then 2 when 'canceled' then 3 when 'failed' then 3 end",
        "case reconciliation_status when 'not_applicable' then 0 when 'in_progress' then 0 when 'completed' then 1 end",
        "reversed_by_id is not null",
    ],
) }}

select * from final

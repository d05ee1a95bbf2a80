-- The meter as it is now: `updated` is its own evidence.
{{ newest_versions(
    ref('stg_stripe__meters'),
    'meter_id',
    settled=[
        "epoch_us(updated_at)",
    ],
) }}

select * from final

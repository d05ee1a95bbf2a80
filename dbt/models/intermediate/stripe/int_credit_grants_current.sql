-- A grant is voided once; `updated` is its own evidence.
{{ newest_versions(
    ref('stg_stripe__credit_grants'),
    'credit_grant_id',
    settled=[
        "voided_at is not null",
        "epoch_us(updated_at)",
    ],
) }}

select * from final

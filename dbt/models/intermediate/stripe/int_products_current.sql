-- The product as it is now: `updated` is its own evidence.
{{ newest_versions(
    ref('stg_stripe__products'),
    'product_id',
    evidence=[
        "try_cast(json_extract_string(raw, '$.updated') as bigint)",
    ],
    changes=ref('stg_stripe__events'),
) }}

select * from final

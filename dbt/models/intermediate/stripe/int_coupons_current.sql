-- A coupon of its own is worth more than the copy inside a discount; it is redeemed more often and
-- stops being valid once.
{{ newest_versions(
    ref('stg_stripe__coupons'),
    'coupon_id',
    settled=[
        "not is_embedded",
        "not is_valid",
        "try_cast(json_extract_string(raw, '$.times_redeemed') as bigint)",
    ],
    repeats=true,
) }}

select * from final

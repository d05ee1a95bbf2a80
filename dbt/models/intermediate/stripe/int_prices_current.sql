-- What a price costs never changes, so a version with its tiers is worth more than one without, and
-- a price of its own more than the copy inside a subscription item.
{{ newest_versions(
    ref('stg_stripe__prices'),
    'price_id',
    settled=[
        "tiers is not null",
        "not is_embedded",
    ],
    repeats=true,
) }}

select * from final

{{ stripe_versions('stripe_coupons') }}

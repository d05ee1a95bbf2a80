{{ stripe_versions('stripe_discounts') }}

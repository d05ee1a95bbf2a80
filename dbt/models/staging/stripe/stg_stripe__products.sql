{{ stripe_versions('stripe_products') }}

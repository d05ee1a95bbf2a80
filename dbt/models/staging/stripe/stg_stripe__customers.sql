{{ stripe_versions('stripe_customers') }}

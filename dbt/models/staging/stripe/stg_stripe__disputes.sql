{{ stripe_versions('stripe_disputes') }}

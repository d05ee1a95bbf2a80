{{ stripe_versions('stripe_refunds') }}

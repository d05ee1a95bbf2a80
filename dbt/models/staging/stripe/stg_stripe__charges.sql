{{ stripe_versions('stripe_charges') }}

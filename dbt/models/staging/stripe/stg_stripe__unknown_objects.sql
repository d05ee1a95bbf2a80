{{ stripe_versions('stripe_unknown_objects') }}

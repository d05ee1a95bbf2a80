{{ stripe_versions('stripe_events') }}

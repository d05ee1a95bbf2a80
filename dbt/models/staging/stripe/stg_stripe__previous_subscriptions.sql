{{ stripe_versions('stripe_previous_subscriptions') }}

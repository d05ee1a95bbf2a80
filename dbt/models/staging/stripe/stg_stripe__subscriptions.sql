{{ stripe_versions('stripe_subscriptions') }}

{{ stripe_versions('stripe_prices') }}

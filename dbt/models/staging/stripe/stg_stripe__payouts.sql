{{ stripe_versions('stripe_payouts') }}

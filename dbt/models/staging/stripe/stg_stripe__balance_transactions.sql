{{ stripe_versions('stripe_balance_transactions') }}

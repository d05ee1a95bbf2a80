{{ stripe_versions('stripe_credit_balance_transactions') }}

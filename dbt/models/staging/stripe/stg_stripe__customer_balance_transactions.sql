{{ stripe_versions('stripe_customer_balance_transactions') }}

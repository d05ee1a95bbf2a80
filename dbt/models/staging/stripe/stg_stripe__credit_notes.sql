{{ stripe_versions('stripe_credit_notes') }}

{{ stripe_versions('stripe_credit_grants') }}

{{ stripe_versions('stripe_payment_intents') }}

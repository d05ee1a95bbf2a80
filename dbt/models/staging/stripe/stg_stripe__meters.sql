{{ stripe_versions('stripe_meters') }}

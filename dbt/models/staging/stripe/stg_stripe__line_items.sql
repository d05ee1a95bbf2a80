{{ stripe_versions('stripe_line_items') }}

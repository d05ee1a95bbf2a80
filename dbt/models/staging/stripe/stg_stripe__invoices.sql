{{ stripe_versions('stripe_invoices') }}

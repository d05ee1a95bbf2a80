{{ stripe_versions('stripe_invoice_payments') }}

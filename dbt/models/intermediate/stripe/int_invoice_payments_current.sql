-- A payment of an invoice ends as paid or canceled.
{{ newest_versions(
    ref('stg_stripe__invoice_payments'),
    'invoice_payment_id',
    settled=[
        rank_of('status', ['open', 'canceled', 'paid']),
        "amount_paid_minor",
    ],
) }}

select * from final

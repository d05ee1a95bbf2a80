-- A payment of an invoice ends as paid or canceled.
{{ newest_versions(
    ref('stg_stripe__invoice_payments'),
    'invoice_payment_id',
    settled=[
        "case status when 'open' then 0 when 'canceled' then 1 when 'paid' then 2 end",
        "amount_paid_minor",
    ],
) }}

select * from final

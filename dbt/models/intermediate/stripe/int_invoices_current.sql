-- An invoice goes draft, open, uncollectible, paid or void, never back; attempts, payments and
-- credit notes only grow. A draft that was deleted is no invoice.
{{ newest_versions(
    ref('stg_stripe__invoices'),
    'invoice_id',
    settled=[
        "is_deleted",
        invoice_status_rank('status'),
    ],
    evidence=[
        "attempt_count",
        "amount_paid_minor",
        "pre_payment_credit_notes_minor",
        "post_payment_credit_notes_minor",
        "finalized_at is not null",
    ],
    core=[
        'status',
        'number',
        'attempt_count',
        'is_auto_advance',
        'next_payment_attempt_at',
        'automatically_finalizes_at',
        'due_at',
        'subtotal_minor',
        'total_minor',
        'amount_due_minor',
        'amount_paid_minor',
        'amount_remaining_minor',
        'pre_payment_credit_notes_minor',
        'post_payment_credit_notes_minor',
    ],
    changes=ref('stg_stripe__events'),
) }}

select * from final
where not is_deleted

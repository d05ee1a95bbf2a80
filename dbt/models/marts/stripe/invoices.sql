with

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

incomplete as (

    select * from {{ ref('int_invoices_incomplete') }}

),

final as (

    select
        invoices.invoice_id,
        invoices.customer_id,
        invoices.subscription_id,

        invoices.number,
        invoices.status,
        invoices.billing_reason,
        invoices.collection_method,
        invoices.currency,

        invoices.subtotal_minor,
        invoices.total_excl_tax_minor,
        invoices.tax_minor,
        invoices.total_minor,
        coalesce(
            cast(
                list_sum(
                    list_transform(invoices.total_discount_amounts, lambda each: each.amount_minor)
                ) as bigint
            ),
            0
        ) as discount_minor,
        coalesce(
            cast(
                list_sum(
                    list_transform(
                        list_filter(
                            invoices.total_credit_amounts,
                            lambda each: each.credit_type is distinct from 'discount'
                        ),
                        lambda each: each.amount_minor
                    )
                ) as bigint
            ),
            0
        ) as credit_grants_minor,
        coalesce(invoices.starting_balance_minor, 0) as starting_balance_minor,
        invoices.ending_balance_minor,
        invoices.amount_due_minor,
        invoices.amount_paid_minor,
        invoices.amount_remaining_minor,
        coalesce(invoices.amount_paid_off_stripe_minor, 0) as amount_paid_off_stripe_minor,
        coalesce(invoices.pre_payment_credit_notes_minor, 0) as pre_payment_credit_notes_minor,
        coalesce(invoices.post_payment_credit_notes_minor, 0) as post_payment_credit_notes_minor,
        coalesce(invoices.attempt_count, 0) as attempt_count,

        coalesce(invoices.is_paid_out_of_band, false) as is_paid_out_of_band,
        coalesce(invoices.is_auto_advance, false) as is_auto_advance,
        incomplete.invoice_id is null as has_all_lines,

        invoices.created_at,
        invoices.period_start_at as period_start,
        invoices.period_end_at as period_end,
        invoices.due_at,
        invoices.finalized_at,
        invoices.paid_at,
        invoices.voided_at,
        invoices.marked_uncollectible_at,
        invoices.next_payment_attempt_at,
    from invoices
    left join incomplete on invoices.invoice_id = incomplete.invoice_id

)

select * from final

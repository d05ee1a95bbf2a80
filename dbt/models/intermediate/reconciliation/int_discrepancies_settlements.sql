-- Money out and money owed: refunds, invoices that nobody collects any more, payouts.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

charges as (

    select * from {{ ref('int_charges_current') }}

),

charges_linked as (

    select * from {{ ref('int_charges_linked') }}

),

charges_settled as (

    select * from {{ ref('int_charges_settled') }}

),

refunds as (

    select * from {{ ref('int_refunds_current') }}

),

disputes as (

    select * from {{ ref('int_disputes_current') }}

),

credit_notes as (

    select * from {{ ref('int_credit_notes_current') }}

),

payouts as (

    select * from {{ ref('int_payouts_current') }}

),

balance_transactions as (

    select * from {{ ref('int_balance_transactions_current') }}

),

credit_note_refunds as (

    select distinct refund.refund_id
    from credit_notes,
        unnest(credit_notes.refunds) as inside (refund)
    where
        coalesce(credit_notes.status, 'issued') != 'void'
        and refund.refund_id is not null

),

disputed_charges as (

    select distinct charge_id
    from disputes
    where charge_id is not null

),

-- refunds that give back what never was owed: a second payment, a payment without an invoice, an
-- overcharge
returned_charges as (

    select charge_id
    from charges_settled
    where is_surplus or is_overcharge_returned or invoice_id is null

),

-- a refund may name only the payment intent that it takes from
refunds_located as (

    select
        refunds.* exclude (charge_id),
        coalesce(refunds.charge_id, charges.charge_id) as charge_id,
    from refunds
    left join charges
        on
            refunds.charge_id is null
            and refunds.payment_intent_id = charges.payment_intent_id
            and charges.status = 'succeeded'

),

refunds_unexplained as (

    select
        refunds_located.*,
        charges.customer_id,
        charges_linked.invoice_id,
        invoices.subscription_id,
    from refunds_located
    left join charges
        on refunds_located.charge_id = charges.charge_id
    left join charges_linked
        on refunds_located.charge_id = charges_linked.charge_id
    left join invoices
        on charges_linked.invoice_id = invoices.invoice_id
    anti join credit_note_refunds
        on refunds_located.refund_id = credit_note_refunds.refund_id
    anti join disputed_charges
        on refunds_located.charge_id = disputed_charges.charge_id
    anti join returned_charges
        on refunds_located.charge_id = returned_charges.charge_id
    where
        coalesce(refunds_located.status, 'succeeded') in ('succeeded', 'pending')
        and refunds_located.amount_minor > 0

),

refund_rows as (

    select
        {{ discrepancy(
            kind="'refund_unmatched'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            object_id='refund_id',
            arose_at='created_at',
            currency='currency',
            expected_minor='0',
            actual_minor='-amount_minor',
            evidence="to_json({
                'refund_id': refund_id,
                'charge_id': charge_id,
                'refunded_at': created_at,
                'reason': reason,
                'invoice_id': invoice_id
            })",
        ) }}
    from refunds_unexplained

),

attempts_by_invoice as (

    select
        charges_linked.invoice_id,
        count(*) as failed_attempts,
        max(charges.created_at) as last_failed_at,
    from charges
    inner join charges_linked
        on charges.charge_id = charges_linked.charge_id
    where
        charges.status = 'failed'
        and charges_linked.invoice_id is not null
    group by charges_linked.invoice_id

),

uncollected as (

    select
        invoices.*,
        coalesce(attempts_by_invoice.failed_attempts, 0) as failed_attempts,
        attempts_by_invoice.last_failed_at,
        case
            when invoices.collection_method = 'send_invoice'
                then
                    case
                        when
                            invoices.due_at
                            + to_days(parameters.dunning_grace_days) < parameters.as_of
                            then
                                'it was due on ' || strftime(invoices.due_at, '%Y-%m-%d')
                    end
            when
                -- an attempt that was planned for a day that has passed is none
                (
                    invoices.next_payment_attempt_at is null
                    or invoices.next_payment_attempt_at
                    < parameters.as_of - to_hours(parameters.event_grace_hours)
                )
                and (
                    coalesce(invoices.attempt_count, 0) > 0
                    or attempts_by_invoice.failed_attempts > 0
                )
                then
                    greatest(
                        coalesce(attempts_by_invoice.failed_attempts, 0),
                        coalesce(invoices.attempt_count, 0)
                    )::varchar || ' attempts failed and no further one is planned'
            -- without automatic collection no attempt will ever be made
            when
                not invoices.is_auto_advance
                and invoices.next_payment_attempt_at is null
                and invoices.finalized_at
                + to_days(parameters.dunning_grace_days) < parameters.as_of
                then 'no attempt was made and none is planned'
        end as detail,
    from invoices
    cross join parameters
    left join attempts_by_invoice
        on invoices.invoice_id = attempts_by_invoice.invoice_id
    where
        invoices.status = 'open'
        and invoices.amount_remaining_minor > 0

),

dunning_rows as (

    select
        {{ discrepancy(
            kind="'dunning_stalled'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            currency='currency',
            expected_minor='amount_remaining_minor',
            actual_minor='0',
            detail='detail',
            evidence="to_json({
                'collection_method': collection_method,
                'finalized_at': finalized_at,
                'due_at': due_at,
                'attempt_count': attempt_count,
                'failed_charges': failed_attempts,
                'last_failed_at': last_failed_at,
                'next_payment_attempt_at': next_payment_attempt_at,
                'amount_remaining_minor': amount_remaining_minor
            })",
        ) }}
    from uncollected
    where detail is not null

),

payout_sums as (

    select
        payout_id,
        coalesce(sum(net_minor) filter (where is_paid_out), 0)::bigint as net_minor,
        count(*) filter (where is_paid_out) as transactions,
    from (
        select
            *,
            source_id is distinct from payout_id
            and transaction_type not in ('payout', 'payout_cancel', 'payout_failure')
                as is_paid_out,
        from balance_transactions
    )
    where payout_id is not null
    group by payout_id

),

-- Only automatic payouts keep the link to their transactions, and only once Stripe has finished
-- linking them. The payout's own transaction is in the list too, so that a list of nothing else is
-- known to be empty; without any transaction landed nothing is known.
payout_differences as (

    select
        payouts.*,
        payout_sums.net_minor,
        payout_sums.transactions,
    from payouts
    inner join payout_sums
        on payouts.payout_id = payout_sums.payout_id
    where
        coalesce(payouts.is_automatic, false)
        and coalesce(payouts.status, 'paid') not in ('failed', 'canceled')
        and coalesce(payouts.reconciliation_status, 'completed') = 'completed'
        and payouts.original_payout_id is null
        and payouts.amount_minor != payout_sums.net_minor

),

payout_rows as (

    select
        {{ discrepancy(
            kind="'payout_mismatch'",
            object_id='payout_id',
            arose_at='arrival_at',
            currency='currency',
            expected_minor='net_minor',
            actual_minor='amount_minor',
            detail="transactions::varchar || ' balance transactions'",
            evidence="to_json({
                'payout_id': payout_id,
                'payout_status': status,
                'arrival_at': arrival_at,
                'transactions': transactions,
                'transactions_net_minor': net_minor,
                'payout_minor': amount_minor
            })",
        ) }}
    from payout_differences

),

final as (

    select * from refund_rows
    union all
    select * from dunning_rows
    union all
    select * from payout_rows

)

select * from final

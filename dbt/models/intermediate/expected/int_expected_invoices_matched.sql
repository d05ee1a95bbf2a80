-- Which of Stripe's invoices stands for which expected one. An invoice is taken by its
-- subscription, by why it was made and by the instant it was due, never by its amounts, so that a
-- wrong invoice is still recognised. One to one: a second invoice for the same period stays without
-- a match.
with

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

-- What an invoice's own lines say about the instant it was due: usage ends there, coming periods
-- start there.
line_instants as (

    select distinct
        lines.invoice_id,
        instants.instant,
    from lines
    cross join unnest([lines.period_start_at, lines.period_end_at]) as instants (instant)
    where not lines.is_proration

),

candidates as (

    select
        heads.expected_invoice_id,
        heads.reason,
        heads.due_at,
        invoices.invoice_id,
        invoices.created_at,
        -- 3: the invoice closes at the very instant; 2: its lines touch it; 1: it was made within a
        -- day, which is not enough for a last invoice: anything may be made after the end
        case
            when invoices.period_end_at = heads.due_at then 3
            when line_instants.invoice_id is not null then 2
            else 1
        end as evidence,
    from heads
    inner join invoices
        on heads.subscription_id = invoices.subscription_id
        and case heads.reason
            when 'create' then invoices.billing_reason in ('subscription_create', 'subscription')
            when 'cycle' then invoices.billing_reason in ('subscription_cycle', 'subscription')
                or (heads.is_trial_cut and invoices.billing_reason = 'subscription_update')
            when 'update' then invoices.billing_reason in ('subscription_update', 'subscription')
            else invoices.billing_reason in (
                'subscription_cycle', 'subscription_update', 'subscription', 'manual'
            )
        end
        and invoices.created_at >= heads.due_at - interval 1 minute
    left join line_instants
        on invoices.invoice_id = line_instants.invoice_id
        and heads.due_at = line_instants.instant
    where
        invoices.period_end_at = heads.due_at
        or (
            line_instants.invoice_id is not null
            and invoices.created_at < heads.due_at + interval 3 day
        )
        or (heads.reason <> 'cancel' and invoices.created_at < heads.due_at + interval 1 day)

    union all

    select
        heads.expected_invoice_id,
        heads.reason,
        heads.due_at,
        invoices.invoice_id,
        invoices.created_at,
        4 as evidence,
    from heads
    inner join invoices on heads.swept_invoice_id = invoices.invoice_id

),

by_expected as (

    select
        *,
        row_number() over (
            partition by expected_invoice_id order by evidence desc, created_at, invoice_id
        ) as expected_choice,
    from candidates

),

by_invoice as (

    select
        *,
        row_number() over (
            partition by invoice_id order by evidence desc, due_at desc, expected_invoice_id
        ) as invoice_choice,
    from by_expected
    where expected_choice = 1

),

final as (

    select
        by_invoice.expected_invoice_id,
        by_invoice.invoice_id,
        invoices.status as invoice_status,
        invoices.created_at,
        invoices.finalized_at,
    from by_invoice
    inner join invoices on by_invoice.invoice_id = invoices.invoice_id
    where by_invoice.invoice_choice = 1

)

select * from final

-- Differences of control accounts that other findings explain: which finding, at which place, and
-- how much of it. A fault of a payment moves its invoice's receivable by its own amount. What a
-- place still differs by beside that belongs to the first finding that made the documents of that
-- place contradict one another.

with

tie_outs as (

    select * from {{ ref('tie_outs') }}
    where difference_minor != 0

),

findings as (

    select * from {{ ref('int_discrepancies_payments') }}
    union all
    select * from {{ ref('int_discrepancies_settlements') }}
    union all
    select * from {{ ref('int_discrepancies_adjustments') }}
    union all
    select * from {{ ref('int_discrepancies_invoices') }}
    union all
    select * from {{ ref('int_discrepancies_events') }}

),

-- what a finding can move: the account, and the place where the account shows it
movable as (

    select
        kind,
        invoice_id,
        object_id,
        currency,
        customer_id,
        'accounts_receivable' as account,
        invoice_id as scope,
        case
            when
                kind in ('payment_missing', 'payment_amount_mismatch', 'payment_duplicate')
                then impact_minor
        end as own_minor,
    from findings
    where
        kind in (
            'payment_missing', 'payment_amount_mismatch', 'payment_duplicate', 'refund_unmatched',
            'balance_mismatch', 'credit_grant_mismatch', 'total_mismatch', 'event_missing'
        )

    union all

    select
        kind,
        invoice_id,
        object_id,
        currency,
        customer_id,
        'customer_credit' as account,
        customer_id as scope,
        null as own_minor,
    from findings
    where kind in ('balance_mismatch', 'payment_duplicate', 'payment_amount_mismatch')

    union all

    select
        kind,
        invoice_id,
        object_id,
        currency,
        customer_id,
        'prepaid_credits' as account,
        customer_id as scope,
        null as own_minor,
    from findings
    where kind = 'credit_grant_mismatch'

    union all

    select
        kind,
        invoice_id,
        object_id,
        currency,
        customer_id,
        'tax_payable' as account,
        customer_id as scope,
        null as own_minor,
    from findings
    where kind = 'total_mismatch'

    union all

    select
        kind,
        invoice_id,
        object_id,
        currency,
        customer_id,
        'bank' as account,
        object_id as scope,
        null as own_minor,
    from findings
    where kind = 'payout_mismatch'

),

shared as (

    select
        movable.*,
        tie_outs.difference_minor,
        coalesce(movable.own_minor, 0) as own_share_minor,
        sum(own_share_minor) over (
            partition by movable.account, movable.scope, movable.currency
        )::bigint as own_shares_minor,
        row_number() over (
            partition by movable.account, movable.scope, movable.currency
            order by movable.own_minor is null, movable.kind, movable.invoice_id, movable.object_id
        ) as place,
    from movable
    inner join tie_outs
        on
            movable.account = tie_outs.account
            and movable.scope = tie_outs.scope
            and movable.currency = tie_outs.currency

),

final as (

    select
        kind,
        invoice_id,
        object_id,
        account,
        scope,
        currency,
        own_share_minor
        + case when place = 1 then difference_minor - own_shares_minor else 0 end as share_minor,
    from shared

)

select * from final

-- What Stripe's events say against what its objects say. A status that no event told is
-- `event_missing`, a listed object that an event has overtaken is `object_stale`. Steps forward
-- tell themselves which side is the newer; active and past due come and go, so of those two the one
-- that the subscription's invoices speak for is the newer. An open invoice whose charges pay it in
-- full has become paid without an event, even where it was listed before.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

invoice_versions as (

    select * from {{ ref('stg_stripe__invoices') }}

),

subscription_versions as (

    select * from {{ ref('stg_stripe__subscriptions') }}

),

events as (

    select * from {{ ref('stg_stripe__events') }}

),

current_invoices as (

    select * from {{ ref('int_invoices_current') }}

),

charges as (

    select * from {{ ref('int_charges_settled') }}

),

-- events reach back only so far: a change before the first one that landed proves nothing
first_event as (

    select min(created_at) as first_event_at
    from events

),

versions as (

    select
        invoice_id as object_id,
        'invoice' as object_type,
        customer_id,
        subscription_id,
        invoice_id,
        currency,
        status,
        case status
            when 'draft' then 0
            when 'open' then 1
            when 'uncollectible' then 2
            when 'paid' then 3
            when 'void' then 3
        end as status_rank,
        case status
            when 'open' then finalized_at
            when 'uncollectible' then marked_uncollectible_at
            when 'paid' then paid_at
            when 'void' then voided_at
        end as status_at,
        event_id,
        event_type,
        event_at,
    from invoice_versions

    union all

    select
        subscription_id as object_id,
        'subscription' as object_type,
        customer_id,
        subscription_id,
        null as invoice_id,
        currency,
        status,
        case status
            when 'incomplete' then 0
            when 'trialing' then 1
            when 'active' then 2
            when 'past_due' then 2
            when 'unpaid' then 2
            when 'paused' then 2
            when 'canceled' then 3
            when 'incomplete_expired' then 3
        end as status_rank,
        case
            when status in ('canceled', 'incomplete_expired') then coalesce(ended_at, canceled_at)
            when status = 'active' then trial_end_at
        end as status_at,
        event_id,
        event_type,
        event_at,
    from subscription_versions

),

listed as (

    select
        object_id,
        object_type,
        max(customer_id) as customer_id,
        max(subscription_id) as subscription_id,
        max(invoice_id) as invoice_id,
        max(currency) as currency,
        max(status_rank) as status_rank,
        max_by(status, (status_rank, status)) as status,
        max_by(status_at, (status_rank, status)) as status_at,
        count(distinct status) as statuses,
    from versions
    where event_id is null
    group by object_id, object_type

),

-- unpaid after an attempt, or past its due date: what makes Stripe call a subscription past due
unpaid as (

    select
        current_invoices.subscription_id,
        bool_or(
            current_invoices.status = 'open'
            and current_invoices.amount_remaining_minor > 0
            and (
                current_invoices.attempt_count > 0
                or current_invoices.due_at < parameters.as_of
            )
        ) as has_unpaid,
        max(
            coalesce(
                current_invoices.paid_at, current_invoices.due_at, current_invoices.finalized_at
            )
        ) as last_change_at,
    from current_invoices
    cross join parameters
    where current_invoices.subscription_id is not null
    group by current_invoices.subscription_id

),

told_in_turn as (

    select
        *,
        status is distinct from lag(status) over (
            partition by object_id order by event_at, status_rank, event_id
        ) as is_change,
    from versions
    where event_id is not null

),

last_told as (

    select
        object_id,
        status,
        event_at,
        max(event_at) filter (where is_change) over (partition by object_id) as since_at,
    from told_in_turn
    qualify
        event_at = max(event_at) over (partition by object_id)
        -- two statuses within one second: nothing tells which came last
        and count(distinct status) over (partition by object_id, event_at) = 1
        and row_number() over (partition by object_id, event_at order by event_id) = 1

),

told as (

    select
        object_id,
        max(status_rank) as status_rank,
        max_by(status, (status_rank, event_at, event_id)) as status,
        min_by(event_at, (-status_rank, event_at, event_id)) as status_at,
        max_by(event_type, (status_rank, event_at, event_id)) as event_type,
        max_by(event_id, (status_rank, event_at, event_id)) as event_id,
    from versions
    where event_id is not null
    group by object_id

),

compared as (

    select
        listed.*,
        told.status as told_status,
        told.event_type as told_event_type,
        told.event_id as told_event_id,
        told.status_at as told_at,
        coalesce(told.status_rank, -1) as told_rank,
        parameters.as_of - to_hours(parameters.event_grace_hours) as judged_until,
        first_event.first_event_at,
        last_told.status as last_status,
        last_told.event_at as last_status_at,
        last_told.since_at as last_status_since,
        unpaid.last_change_at,
        -- null when this pair of statuses does not arise, or nothing tells which is the newer
        case
            when
                listed.object_type = 'subscription'
                and listed.statuses = 1
                and listed.status in ('active', 'past_due')
                and last_told.status in ('active', 'past_due')
                and listed.status != last_told.status
                then if(unpaid.has_unpaid, 'past_due', 'active')
        end as present_status,
    from listed
    left join told
        on listed.object_id = told.object_id
    left join last_told
        on listed.object_id = last_told.object_id
    left join unpaid
        on listed.object_id = unpaid.subscription_id
    cross join parameters
    cross join first_event

),

missing_rows as (

    select
        {{ discrepancy(
            kind="'event_missing'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            object_id='object_id',
            currency='currency',
            detail='status',
            evidence="to_json({
                'object_type': object_type,
                'status': status,
                'status_at': status_at,
                'last_event_id': told_event_id,
                'last_event_type': told_event_type,
                'last_event_status': told_status
            })",
        ) }}
    from compared
    where
        (
            status_rank > told_rank
            -- a draft is nothing that changed
            and status_rank > 0
            and status_at <= judged_until
            and status_at >= first_event_at
        )
        or (
            present_status = status
            and last_change_at > last_status_at
            and last_change_at <= judged_until
        )

),

paid_by_charges as (

    select
        current_invoices.invoice_id,
        current_invoices.customer_id,
        current_invoices.subscription_id,
        current_invoices.currency,
        current_invoices.status,
        max(charges.created_at) as paid_at,
        list(charges.charge_id order by charges.charge_id) as charge_ids,
    from current_invoices
    inner join charges
        on
            current_invoices.invoice_id = charges.invoice_id
            and current_invoices.currency = charges.currency
    cross join parameters
    cross join first_event
    where
        current_invoices.status = 'open'
        and current_invoices.amount_remaining_minor > 0
        and not charges.is_dispute_lost
    group by all
    having
        sum(charges.captured_minor - charges.refunded_minor)
        >= any_value(current_invoices.amount_due_minor)
        and max(charges.created_at)
        <= any_value(parameters.as_of - to_hours(parameters.event_grace_hours))
        and max(charges.created_at) >= any_value(first_event.first_event_at)

),

paid_rows as (

    select
        {{ discrepancy(
            kind="'event_missing'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            object_id='invoice_id',
            currency='currency',
            detail="'paid'",
            evidence="to_json({
                'object_type': 'invoice',
                'status': 'paid',
                'status_at': paid_at,
                'last_event_status': status,
                'charge_ids': charge_ids
            })",
        ) }}
    from paid_by_charges

),

stale_rows as (

    select
        {{ discrepancy(
            kind="'object_stale'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            object_id='object_id',
            currency='currency',
            detail='coalesce(present_status, told_status)',
            evidence="to_json({
                'object_type': object_type,
                'listed_status': status,
                'event_status': coalesce(present_status, told_status),
                'event_id': told_event_id,
                'event_type': told_event_type,
                'event_at': told_at
            })",
        ) }}
    from compared
    where
        (told_rank > status_rank and told_at <= judged_until)
        or (present_status = last_status and last_status_since <= judged_until)

),

final as (

    select * from missing_rows
    union all
    select * from paid_rows
    union all
    select * from stale_rows

)

select * from final

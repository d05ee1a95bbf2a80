-- The subscription's timeline: one row per event that changed it, in the order in which they
-- happened, from `valid_from` to `valid_to`. Events of one second are ordered by status; the
-- earlier of them never was in force (valid_from = valid_to). Without events there is the one
-- version that is listed. A listing that goes beyond the last event is one more version, and so is
-- what was there before the first event, where that is not the beginning.
with

versions as not materialized (

    select * from {{ ref('stg_stripe__subscriptions') }}

),

current_versions as (

    select * from {{ ref('int_subscriptions_current') }}

),

-- What orders events, and nothing else: whole versions are fetched at the end.
told as (

    select
        subscription_id,
        file_hash,
        line_number,
        event_id,
        event_type,
        event_at,
        created_at,
        status,
        {{ subscription_status_rank('status') }} as status_rank,
        {{ subscription_event_rank('event_type') }} as event_rank,
        hash(raw) as object_hash,
    from versions
    where
        event_type in (
            'customer.subscription.created',
            'customer.subscription.updated',
            'customer.subscription.deleted'
        )

),

-- Stripe delivers at least once
events as (

    select *
    from told
    qualify row_number() over (
        partition by event_id order by object_hash, file_hash, line_number
    ) = 1

),

changes as (

    select distinct
        event_id,
        previous_attributes,
    from {{ ref('stg_stripe__events') }}
    where previous_attributes is not null

),

same_seconds as (

    select
        events.event_id,
        events.file_hash,
        events.line_number,
        changes.previous_attributes,
    from events
    inner join events as following
        on events.subscription_id = following.subscription_id
        and events.event_at = following.event_at
        and events.event_id <> following.event_id
    inner join changes on following.event_id = changes.event_id

),

objects as (

    select
        file_hash,
        line_number,
        raw,
    from versions
    where (file_hash, line_number) in (select (file_hash, line_number) from same_seconds)

),

-- of several events of one second those that another one came after, as its previous values tell
overtaken as (

    select distinct
        same_seconds.event_id,
        true as is_overtaken,
    from same_seconds
    inner join objects
        on same_seconds.file_hash = objects.file_hash
        and same_seconds.line_number = objects.line_number
    where {{ carries('objects.raw', 'same_seconds.previous_attributes') }}

),

ordered_events as (

    select
        events.*,
        overtaken.is_overtaken is null as is_last,
    from events
    left join overtaken on events.event_id = overtaken.event_id

),

-- How far back events reach: Stripe lists those of 30 days.
reach as (

    select min(event_at) as first_event_at
    from {{ ref('stg_stripe__events') }}

),

-- Where the first event is an update, its previous values tell what was there before, and for how
-- long is known as far as events reach. Before that nothing is known.
untold_beginnings as (

    select
        events.subscription_id,
        events.event_id,
        events.event_at,
        greatest(events.created_at, reach.first_event_at) as told_from,
    from ordered_events as events
    cross join reach
    qualify
        events.event_type = 'customer.subscription.updated'
        and events.created_at < events.event_at
        and row_number() over (
            partition by events.subscription_id
            order by
                events.event_at,
                events.event_rank,
                events.status_rank,
                events.is_last,
                events.object_hash
        ) = 1

),

beginnings as (

    select
        previous.*,
        untold_beginnings.told_from as starts_at,
    from untold_beginnings
    inner join {{ ref('stg_stripe__previous_subscriptions') }} as previous
        on untold_beginnings.event_id = previous.event_id
    where untold_beginnings.told_from < untold_beginnings.event_at
    qualify row_number() over (
        partition by previous.event_id
        order by previous.raw, previous.file_hash, previous.line_number
    ) = 1

),

last_events as (

    select
        subscription_id,
        max(event_at) as event_at,
        max_by(status, (event_at, event_rank, status_rank)) as status,
    from events
    group by subscription_id

),

-- What the listing shows and no event told. When it happened is known for an end, the end of a
-- trial and a new period; otherwise only that it was after the last event.
untold as (

    select
        current_versions.subscription_id,
        current_versions.file_hash,
        current_versions.line_number,
        current_versions.created_at,
        case
            when last_events.event_at is null then current_versions.created_at
            when current_versions.status in ('canceled', 'incomplete_expired')
                then coalesce(current_versions.ended_at, current_versions.canceled_at)
            when last_events.status = 'trialing' and current_versions.status <> 'trialing'
                then current_versions.trial_end_at
            when current_versions.current_period_start_at > last_events.event_at
                then current_versions.current_period_start_at
        end as known_at,
        last_events.event_at as last_event_at,
    from current_versions
    left join last_events on current_versions.subscription_id = last_events.subscription_id
    where
        last_events.event_at is null
        or (current_versions.is_beyond_event and current_versions.seen_at is null)

),

timeline as (

    select
        subscription_id,
        file_hash,
        line_number,
        event_at as starts_at,
        true as is_start_known,
        0 as part,
        event_rank,
        status_rank,
        is_last,
        object_hash,
    from ordered_events

    union all by name

    select
        subscription_id,
        file_hash,
        line_number,
        starts_at,
        true as is_start_known,
        -1 as part,
    from beginnings

    union all by name

    select
        subscription_id,
        file_hash,
        line_number,
        coalesce(
            greatest(known_at, last_event_at), known_at, last_event_at, created_at
        ) as starts_at,
        known_at is not null as is_start_known,
        1 as part,
    from untold

),

ordered as (

    select
        timeline.subscription_id,
        timeline.file_hash,
        timeline.line_number,
        timeline.part,
        timeline.is_start_known,
        row_number() over in_order as version_number,
        timeline.starts_at as valid_from,
        lead(timeline.starts_at) over in_order as valid_to,
        -- null where it is known from the beginning
        case
            when untold_beginnings.event_id is not null
                then min(timeline.starts_at) over (partition by timeline.subscription_id)
        end as history_known_from,
    from timeline
    left join untold_beginnings on timeline.subscription_id = untold_beginnings.subscription_id
    window in_order as (
        partition by timeline.subscription_id
        order by starts_at, part, event_rank, status_rank, is_last, object_hash
    )

),

whole as (

    select
        * exclude (batch_number, api_version, is_livemode, event_at, raw),
        0 as part,
    from versions
    where event_id is not null

    union all by name

    select
        * exclude (batch_number, api_version, is_livemode, event_at, raw, starts_at) replace (
            cast(null as varchar) as event_id,
            cast(null as varchar) as event_type
        ),
        -1 as part,
    from beginnings

    union all by name

    select
        * exclude (seen_at, is_beyond_event, is_livemode),
        1 as part,
    from current_versions

),

final as (

    select
        whole.* exclude (part),
        ordered.is_start_known,
        ordered.version_number,
        ordered.valid_from,
        ordered.valid_to,
        ordered.history_known_from,
    from ordered
    inner join whole
        on ordered.subscription_id = whole.subscription_id
        and ordered.file_hash = whole.file_hash
        and ordered.line_number = whole.line_number
        and ordered.part = whole.part

)

select * from final

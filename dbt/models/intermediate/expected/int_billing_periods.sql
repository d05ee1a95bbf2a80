-- Every billing period of every subscription up to the as-of instant, the running one included.
--
-- Periods are the steps of the grid anchor + k × interval, k any integer, so a month-end anchor is
-- clamped and springs back, and an anchor in the future gives the stub before it. A segment is a
-- stretch of time with one anchor and interval; a trial is a segment, and a single period, of its
-- own; so is a time of which no price, and so no interval, is known.
with

states as (

    select * from {{ ref('int_subscription_states') }}
    -- a trial that ended without a way to pay leaves the subscription paused: no period runs then
    where status not in ('paused', 'incomplete_expired')

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

spans as (

    select
        *,
        true as is_trial,
        valid_from as span_start,
        least(valid_to, trial_end_at, coalesce(service_end_at, valid_to)) as span_end,
    from states
    where trial_end_at > valid_from and coalesce(trial_start_at, valid_from) <= valid_from

    union all

    -- the end of a trial is the new anchor, whatever the subscription still says
    select
        * replace (
            case
                when coalesce(trial_start_at, valid_from) <= valid_from
                    then greatest(anchor_at, coalesce(trial_end_at, anchor_at))
                else anchor_at
            end as anchor_at
        ),
        false as is_trial,
        greatest(valid_from, coalesce(trial_end_at, valid_from)) as span_start,
        least(valid_to, coalesce(service_end_at, valid_to)) as span_end,
    from states
    where
        trial_end_at is null
        or trial_end_at <= valid_from
        or coalesce(trial_start_at, valid_from) > valid_from
        or valid_to > trial_end_at

),

flagged as (

    select
        *,
        coalesce(
            (
                is_trial,
                case when is_trial then null else anchor_at end,
                interval_unit,
                interval_count
            )
            is distinct from
            lag((
                is_trial,
                case when is_trial then null else anchor_at end,
                interval_unit,
                interval_count
            )) over subscription_spans,
            true
        ) as is_new_segment,
    from spans
    where span_start < span_end
    window subscription_spans as (partition by subscription_id order by span_start)

),

numbered as (

    select
        *,
        sum(cast(is_new_segment as integer)) over (
            partition by subscription_id order by span_start
        ) as segment_number,
    from flagged

),

segments as (

    select
        subscription_id,
        customer_id,
        currency,
        segment_number,
        is_trial,
        interval_unit,
        interval_count,
        max(service_end_at) as service_end_at,
        max(case when is_trial then trial_end_at else anchor_at end) as anchor_at,
        bool_or(has_mixed_intervals) as has_mixed_intervals,
        bool_or(has_more_items) as has_more_items,
        min(span_start) as segment_start,
        max(span_end) as segment_end,
    from numbered
    group by all

),

steps as (

    select
        segments.*,
        unnest(generate_series(
            cast({{ intervals_between('anchor_at', 'segment_start', 'interval_unit') }} as bigint)
            // interval_count - 2,
            cast({{ intervals_between(
                'anchor_at', 'least(segment_end, parameters.as_of)', 'interval_unit'
            ) }} as bigint) // interval_count + 2
        )) * interval_count as step,
        parameters.as_of,
    from segments
    cross join parameters
    where not segments.is_trial and segments.interval_unit is not null

),

gridded as (

    select
        *,
        {{ step_interval('anchor_at', 'interval_unit', 'step') }} as full_start,
        {{ step_interval('anchor_at', 'interval_unit', 'step + interval_count') }} as nominal_end,
    from steps

),

periods as (

    select
        * exclude (step, as_of),
        greatest(full_start, segment_start) as period_start,
        least(nominal_end, segment_end) as period_end,
    from gridded
    where
        nominal_end > segment_start
        and full_start < segment_end
        and full_start <= as_of

    union all

    select
        segments.*,
        segments.segment_start as full_start,
        segments.anchor_at as nominal_end,
        segments.segment_start as period_start,
        least(segments.anchor_at, segments.segment_end) as period_end,
    from segments
    where segments.is_trial

    union all

    select
        segments.*,
        segments.segment_start as full_start,
        segments.segment_end as nominal_end,
        segments.segment_start as period_start,
        segments.segment_end as period_end,
    from segments
    where not segments.is_trial and segments.interval_unit is null

),

final as (

    select
        subscription_id,
        customer_id,
        currency,
        segment_number,
        row_number() over subscription_periods as period_number,
        interval_unit,
        interval_count,
        is_trial,
        period_start > full_start as is_stub,
        has_mixed_intervals,
        has_more_items,
        period_start,
        period_end,
        nominal_end,
        full_start,
        anchor_at,
        service_end_at,
        lag(period_end) over subscription_periods as previous_period_end,
        lead(period_start) over subscription_periods as next_period_start,
        lead(nominal_end) over subscription_periods as next_nominal_end,
        lead(full_start) over subscription_periods as next_full_start,
        lead(is_trial) over subscription_periods as next_is_trial,
    from periods
    window subscription_periods as (partition by subscription_id order by period_start)

)

select * from final

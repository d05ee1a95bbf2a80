{{ config(materialized='ephemeral') }}

-- Where a series left what it had been: one row per departure, of each customer's usage of a meter
-- and of the system's own series.
with

candidates as (

    select * from {{ ref('int_series_candidates') }}

),

silences as (

    select * from {{ ref('int_series_silences') }}

),

-- up to eight whole weeks before the day, by weekday, from that of the day on
with_weekdays as (

    select
        * exclude (usual, week_1, week_2, week_3),
        least((position - 1) // 7, 8) as weeks,
        [
            {%- for place in range(7) %}
            list_sort(quantities[position - weeks * 7 + {{ place }}:position - 1:7])
            {{- ',' if not loop.last }}
            {%- endfor %}
        ] as weekdays,
    from candidates

),

with_medians as (

    select
        *,
        list_transform(weekdays, lambda each: each[(weeks + 1) // 2]) as medians,
        list_transform(weekdays, lambda each: each[-1]) as highs,
    from with_weekdays

),

-- Weekdays that differ little are alike; one that never has anything is not judged; a series that
-- lacks some of a weekday's days has no weekdays to speak of.
shared as (

    select
        * exclude (weekdays, medians, highs, meter_shares),
        case
            when is_sparse then null
            when weeks < 4
                then list_transform(
                    range(7),
                    lambda place: nullif(meter_shares[
                        (dayofweek(day) + place) % 7 + 1
                    ], 0)
                )
            when
                list_max(medians) >= 1.5 * list_min(medians)
                and (
                    list_min(medians) > 0
                    or not list_bool_or(list_transform(
                        medians,
                        lambda each, place: each = 0 and highs[place] > 0
                    ))
                )
                then list_transform(
                    medians,
                    lambda each: nullif(each, 0) / list_max(medians)
                )
        end as found_shares,
    from with_medians

),

with_shares as (

    select
        * exclude (found_shares),
        if(
            list_max(found_shares) > 0, found_shares, [1, 1, 1, 1, 1, 1, 1]::double[]
        ) as shares,
    from shared

),

levelled as (

    select
        *,
        {{ levels_between('greatest(position - 56, 1)', 'position - 1') }} as earlier,
        {{ levels_between('position', 'least(position + 2, greatest(whole_days, position))') }} as next,
    from with_shares

),

with_medians_before as (

    select
        *,
        list_median(earlier[-7:]) as week_median,
        list_median(earlier[-14:]) as fortnight_median,
    from levelled

),

-- Growth is no departure: of a week and a fortnight the one nearer to the day counts.
expected as (

    select
        * exclude (week_median, fortnight_median),
        shares[1] as share,
        next[1] as level,
        if(
            is_up,
            greatest(week_median, fortnight_median),
            least(week_median, fortnight_median)
        ) as expected_level,
    from with_medians_before

),

-- besides, a day is no departure when more than one of the three weeks before it was much like it
departed as (

    select *
    from expected
    where
        expected_level > 0
        and {{ is_departed('level') }}
        and if(
            is_up,
            level > 1.3 * list_sort(earlier[-21:], 'desc', 'nulls last')[2],
            level * 1.3 < list_sort(earlier[-21:], 'asc', 'nulls last')[2]
        )

),

with_steps as (

    select
        *,
        list_sort(list_filter(
            list_transform(
                earlier[2:], lambda each, place: abs(cbrt(each) - cbrt(earlier[place]))
            ),
            lambda step: step is not null
        )) as steps,
    from departed

),

-- Cube roots of usage scatter alike and evenly at every level (Wilson and Hilferty, 1931). The
-- scatter is that from one day to the next, so that an earlier departure is not taken for scatter:
-- four of five steps are below 1.28 times theirs, which is the root of two of the scatter's. It is
-- at least an eighteenth of the root, wider the fewer the days, and for more than a weekday that has
-- little usually has.
with_scatter as (

    select
        * exclude (steps),
        greatest(
            0.552 * (1 + 3.0 / len(steps)) * steps[len(steps) * 8 // 10 + 1],
            cbrt(expected_level) / 18
        ) / if(is_up, sqrt(sqrt(share)), 1) as scatter,
    from with_steps
    where len(steps) >= 4

),

-- What chance makes of so few events is no departure either: their deviance is Poisson's.
measured as (

    select
        *,
        list_transform(
            next,
            lambda each: if(
                {{ is_departed('each') }},
                least(
                    abs(cbrt(each) - cbrt(expected_level)) / scatter,
                    sqrt(
                        2 * share * (
                            each * ln(greatest(each, 1e-12) / expected_level) - each + expected_level
                        ) / (per_event * clumping)
                    )
                ),
                null
            )
        ) as scores,
    from with_scatter

),

-- Two and three days running say more than one, less a tenth: a scatter misjudged is so on all.
scored as (

    select
        *,
        greatest(
            scores[1],
            0.9 * (scores[1] + scores[2]) / sqrt(2),
            0.9 * (scores[1] + scores[2] + scores[3]) / sqrt(3)
        ) as score,
    from measured
    where score * 10 >= anomaly_score_min_tenths

),

-- how long it did not come back, by whole days
followed as (

    select
        *,
        coalesce(
            list_position(
                list_transform(
                    {{ levels_between('(position + 1)', 'whole_days') }},
                    lambda later: coalesce(
                        if(is_up, later < 1.5 * expected_level, later * 1.5 > expected_level), false
                    )
                ),
                true
            ),
            greatest(whole_days - position, 0) + 1
        ) as lasted,
        position + lasted > whole_days as is_ongoing,
    from scored

),

-- the second day of a departure is not another one
departures as (

    select
        followed.metric,
        followed.subject,
        followed.customer_id,
        if(followed.is_up, 'up', 'down') as direction,
        case
            when followed.is_up then if(followed.lasted < 3, 'spike', 'new_level')
            when
                list_max(followed.quantities[
                    followed.position + least(followed.lasted - 1, 1)
                    :followed.position + followed.lasted - 1
                ]) = 0
                then 'silence'
            else if(followed.lasted < 3, 'drop', 'new_level')
        end as shape,
        followed.quantity as observed,
        followed.expected_level * followed.share as expected,
        followed.score,
        followed.is_ongoing,
        followed.day,
        followed.first_day
        + followed.numbers[followed.position + followed.lasted - 1]::integer as last_day,
    from followed
    qualify
        coalesce(
            max(followed.position + followed.lasted - 1) over (
                partition by
                    followed.metric, followed.subject, followed.customer_id, followed.is_up
                order by followed.position
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) < followed.position

),

-- a silence that its first days have told is not told again
final as (

    select * from departures

    union all by name

    select silences.*
    from silences
    anti join departures
        on silences.customer_id = departures.customer_id
        and silences.subject = departures.subject
        and departures.direction = 'down'
        and departures.day <= silences.last_day
        and departures.last_day >= silences.day

)

select * from final

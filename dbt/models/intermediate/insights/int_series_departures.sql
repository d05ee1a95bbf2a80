{{ config(materialized='ephemeral') }}

-- Where a series left what it had been: one row per departure, of each customer's usage of a meter
-- and of the system's own series. A series is one list of days, so that sixty million days need no
-- sort: the same weekdays before are the same list, shifted.
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

usage as (

    select * from {{ ref('usage_daily') }}

),

system as (

    select * from {{ ref('system_daily') }}

),

span as (

    select
        {{ first_anomaly_day('parameters') }} as first_day,
        anomaly_days + 27 as last_whole_number,
        {{ last_started_day('parameters') }} as last_day,
        last_day - first_day as last_number,
        anomaly_score_min_tenths,
        anomaly_change_min,
    from parameters

),

points as (

    select
        hash(usage.customer_id, usage.meter) as series_key,
        'usage' as metric,
        usage.meter as subject,
        usage.customer_id,
        (usage.usage_date - span.first_day)::smallint as number,
        usage.quantity::double as quantity,
        usage.events::double as events,
    from usage
    inner join span on usage.usage_date between span.first_day and span.last_day
    where usage.quantity > 0

    union all

    select
        hash(system.metric, system.subject, system.metric),
        system.metric,
        system.subject,
        null,
        (system.day - span.first_day)::smallint,
        system.value::double,
        system.events::double,
    from system
    cross join span
    where system.value > 0

),

-- what the weekdays of a meter have, for customers of whom little is known
weekdays as (

    select
        subject,
        dayofweek(day) as weekday,
        median(value::double) as typical,
    from system
    where metric = 'meter_usage' and is_whole
    group by subject, weekday
    having count(*) >= 3

),

meter_shares as (

    select
        subject,
        list(typical / nullif(max_typical, 0) order by weekday) as meter_shares,
    from (select *, max(typical) over (partition by subject) as max_typical from weekdays)
    group by subject
    having count(*) = 7 and min(typical) * 1.5 < max(typical)

),

-- in no order, which would cost more here than for each list
collected as (

    select
        series_key,
        any_value(metric) as metric,
        any_value(subject) as subject,
        any_value(customer_id) as customer_id,
        list(number) as found_numbers,
        list(quantity) as found_quantities,
        sum(quantity) / sum(events) as per_event,
        -- a customer's events that come as a clock ticks scatter less than chance would have them
        if(
            any_value(customer_id) is null,
            1,
            greatest(least(sum(events * events) / sum(events) - avg(events), 1), 0)
        ) as clumping,
    from points
    group by series_key
    having count(*) >= 7

),

ordered as (

    select
        collected.* exclude (found_numbers, found_quantities),
        list_sort(found_numbers) as used_numbers,
        list_select(found_quantities, list_grade_up(found_numbers)) as used_quantities,
        used_numbers[1] as first_number,
        used_numbers[-1] - used_numbers[1] + 1 as used_days,
        len(used_numbers) = used_days as is_gapless,
    from collected

),

-- A day without usage is a day with none of it, but where most days are: there only days with usage
-- are looked at, each beside those before it.
dense as (

    select
        ordered.* exclude (used_numbers, used_quantities),
        coalesce(
            not ordered.is_gapless
            and list_sort(list_transform(
                ordered.used_numbers[2:], lambda number, place: number - ordered.used_numbers[place]
            ))[len(ordered.used_numbers) * 6 // 10] > 1,
            false
        ) as is_sparse,
        if(
            is_sparse,
            ordered.used_numbers::bigint[],
            range(ordered.first_number, span.last_number + 1)
        ) as numbers,
        case
            when is_sparse then ordered.used_quantities
            when ordered.is_gapless then list_resize(ordered.used_quantities, len(numbers), 0)
            else list_transform(numbers, lambda number: coalesce(
                ordered.used_quantities[list_position(ordered.used_numbers, number::smallint)], 0
            ))
        end as quantities,
        len(numbers) - if(numbers[-1] > span.last_whole_number, 1, 0) as whole_days,
    from ordered
    cross join span

),

-- each day beside the same weekday of the three weeks before it
compared as (

    select
        dense.*,
        unnest(range(1, len(numbers) + 1)) as position,
        unnest(numbers) as number,
        unnest(quantities) as quantity,
        {%- for weeks in range(1, 4) %}
        unnest(list_concat(
            list_resize([]::double[], {{ weeks * 7 }}), quantities[:len(quantities) - {{ weeks * 7 }}]
        )) as week_{{ weeks }}{{ ',' if not loop.last }}
        {%- endfor %}
    from dense

),

-- only a day that is unlike most of them is looked at more closely
candidates as (

    select
        compared.*,
        greatest(least(week_1, week_2), least(week_1, week_3), least(week_2, week_3)) as usual,
        quantity > 1.7 * if(week_3 is null, least(week_1, week_2), usual) as is_up,
        span.anomaly_score_min_tenths,
        span.anomaly_change_min,
    from compared
    cross join span
    where
        number >= 28
        -- a company that begins grows
        and position > if(metric = 'meter_usage' and is_up, 28, 7)
        and (is_up or (position <= whole_days and quantity * 1.7 < usual))

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
        with_medians.* exclude (weekdays, medians, highs),
        case
            when with_medians.is_sparse then null
            when with_medians.weeks < 4
                then list_transform(
                    range(7),
                    lambda place: nullif(meter_shares.meter_shares[
                        (dayofweek(span.first_day + with_medians.number::integer) + place) % 7 + 1
                    ], 0)
                )
            when
                list_max(with_medians.medians) >= 1.5 * list_min(with_medians.medians)
                and (
                    list_min(with_medians.medians) > 0
                    or not list_bool_or(list_transform(
                        with_medians.medians,
                        lambda each, place: each = 0 and with_medians.highs[place] > 0
                    ))
                )
                then list_transform(
                    with_medians.medians,
                    lambda each: nullif(each, 0) / list_max(with_medians.medians)
                )
        end as found_shares,
    from with_medians
    cross join span
    left join meter_shares
        on with_medians.metric = 'usage' and with_medians.subject = meter_shares.subject

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
        {{ levels_between('greatest(position - 28, 1)', 'position - 1') }} as last_month,
        {{ levels_between('position', 'least(position + 2, greatest(whole_days, position))') }} as next,
    from with_shares

),

with_medians_before as (

    select
        *,
        list_median(last_month[-7:]) as week_median,
        list_median(last_month[-14:]) as fortnight_median,
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
            level > 1.3 * list_sort(last_month[-21:], 'desc', 'nulls last')[2],
            level * 1.3 < list_sort(last_month[-21:], 'asc', 'nulls last')[2]
        )

),

with_steps as (

    select
        *,
        list_sort(list_filter(
            list_transform(
                last_month[2:], lambda each, place: abs(cbrt(each) - cbrt(last_month[place]))
            ),
            lambda step: step is not null
        )) as steps,
    from departed

),

-- Cube roots of usage scatter alike and evenly at every level (Wilson and Hilferty, 1931). The
-- scatter is that from one day to the next, so that an earlier departure is not taken for scatter:
-- four of five steps are below 1.28 times theirs, which is the root of two of the scatter's. It is
-- at least an eighteenth of the root, and wider the fewer the days.
with_scatter as (

    select
        * exclude (steps),
        greatest(
            0.552 * (1 + 2.0 / len(steps)) * steps[len(steps) * 8 // 10 + 1],
            cbrt(expected_level) / 18
        ) / if(is_up, sqrt(share), 1) as scatter,
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
final as (

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
        span.first_day + followed.number::integer as day,
        span.first_day + followed.numbers[followed.position + followed.lasted - 1]::integer
            as last_day,
    from followed
    cross join span
    qualify
        coalesce(
            max(followed.position + followed.lasted - 1) over (
                partition by followed.series_key, followed.is_up
                order by followed.position
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) < followed.position

)

select * from final

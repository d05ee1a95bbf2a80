{{ config(materialized='ephemeral') }}

-- Days that are unlike most of the same weekday's before them, of each customer's usage of a meter
-- and of the system's own series; each with its whole series. A series is one list of days, so that
-- sixty million days need no sort: the same weekdays before are the same list, shifted.
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
        metric,
        subject,
        customer_id,
        list(number) as found_numbers,
        list(quantity) as found_quantities,
        sum(quantity) / sum(events) as per_event,
        -- a customer's events that come as a clock ticks scatter less than chance would have them
        if(
            customer_id is null,
            1,
            greatest(least(sum(events * events) / sum(events) - avg(events), 1), 0)
        ) as clumping,
    from points
    group by metric, subject, customer_id
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

final as (

    select
        compared.*,
        greatest(least(week_1, week_2), least(week_1, week_3), least(week_2, week_3)) as usual,
        quantity > 1.7 * if(week_3 is null, least(week_1, week_2), usual) as is_up,
        span.first_day + compared.number::integer as day,
        span.first_day,
        span.anomaly_score_min_tenths,
        span.anomaly_change_min,
        meter_shares.meter_shares,
    from compared
    cross join span
    left join meter_shares
        on compared.metric = 'usage' and compared.subject = meter_shares.subject
    where
        number >= 28
        -- a company that begins grows
        and position > if(metric = 'meter_usage' and is_up, 28, 7)
        and (is_up or (position <= whole_days and quantity * 1.7 < usual))

),

select * from final

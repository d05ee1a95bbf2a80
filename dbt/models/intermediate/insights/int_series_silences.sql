{{ config(materialized='ephemeral') }}

-- Silences of customers who do not use a meter every day. One empty day says nothing there; what
-- says something is how long it has been empty, beside all the gaps between days of use before.
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

usage as not materialized (

    select * from {{ ref('usage_daily') }}
    where quantity > 0

),

span as (

    select
        {{ first_anomaly_day('parameters') }} as first_day,
        {{ last_whole_day('parameters') }} as last_whole_day,
        anomaly_score_min_tenths,
        anomaly_change_min,
    from parameters

),

with_gaps as (

    select
        usage.customer_id,
        usage.meter,
    from usage
    inner join span on usage.usage_date between span.first_day and span.last_whole_day
    group by usage.customer_id, usage.meter
    having
        count(*) > 7
        and max(usage.usage_date) - min(usage.usage_date) >= count(*)

),

-- the last gap is as long as it is by now
uses as (

    select
        usage.customer_id,
        usage.meter,
        usage.usage_date,
        usage.quantity,
        lead(usage.usage_date) over series as next_used_on,
        coalesce(next_used_on, span.last_whole_day + 1) - usage.usage_date as gap,
    from usage
    inner join span on usage.usage_date between span.first_day and span.last_whole_day
    inner join with_gaps
        on usage.customer_id = with_gaps.customer_id
        and usage.meter = with_gaps.meter
    window series as (partition by usage.customer_id, usage.meter order by usage.usage_date)

),

known as (

    select
        *,
        count(*) over before as gaps_before,
        max(gap) over before as gap_max,
        avg(gap) over before as gap_mean,
        var_pop(gap) over before as gap_variance,
        median(quantity::double) over before as expected,
    from uses
    window before as (
        partition by customer_id, meter order by usage_date
        rows between unbounded preceding and 1 preceding
    )

),

-- Were each day one of use by the same chance, so many empty ones running would have this deviance,
-- the usual gap taken two standard errors longer than it was; gaps that vary less than half as much
-- as chance has them say up to nine times as much.
scored as (

    select
        *,
        sqrt(
            -2 * (gap - 1) * ln(1 - 1 / (gap_mean * (1 + 2 / sqrt(gaps_before))))
            / greatest(least(2 * gap_variance / (gap_mean * (gap_mean - 1)), 1), 1 / 9)
        ) as score,
    from known
    where gaps_before >= 7 and gap_mean > 1 and gap > gap_max

),

-- it began on the day by which there had always been use again
final as (

    select
        'usage' as metric,
        scored.meter as subject,
        scored.customer_id,
        'down' as direction,
        'silence' as shape,
        0::double as observed,
        scored.expected,
        scored.score,
        scored.next_used_on is null as is_ongoing,
        scored.usage_date + scored.gap_max::integer as day,
        scored.usage_date + scored.gap::integer - 1 as last_day,
    from scored
    cross join span
    where
        scored.gap >= span.anomaly_change_min * scored.gap_max
        and scored.score * 10 >= span.anomaly_score_min_tenths
        and scored.usage_date + scored.gap_max::integer >= span.first_day + 28

)

select * from final

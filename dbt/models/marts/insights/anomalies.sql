-- Departures worth a row, each with its sentence. What happens to most customers of a meter at once
-- is one row of the meter; a service that has ended is silent for a reason.
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

departures as (

    select * from {{ ref('int_series_departures') }}

),

system as (

    select * from {{ ref('system_daily') }}

),

-- the exact figures of the days that departed
usage as (

    select usage.*
    from {{ ref('usage_daily') }} as usage
    semi join departures
        on usage.customer_id = departures.customer_id
        and usage.meter = departures.subject
        and usage.usage_date = departures.day

),

customers as (

    select * from {{ ref('customers') }}

),

item_states as (

    select * from {{ ref('int_subscription_item_states') }}
    where usage_type = 'metered'

),

subscription_states as (

    select * from {{ ref('int_subscription_states') }}

),

-- until when the customer's use of the meter is sold; a meter that nobody sells has no row
served as (

    select
        item_states.customer_id,
        item_states.meter,
        max(
            least(
                item_states.valid_to,
                coalesce(subscription_states.service_end_at, item_states.valid_to)
            )
        ) as served_until,
    from item_states
    inner join subscription_states
        on item_states.subscription_id = subscription_states.subscription_id
        and item_states.state_number = subscription_states.state_number
    group by item_states.customer_id, item_states.meter

),

of_customers as (

    select departures.*
    from departures
    left join served
        on departures.customer_id = served.customer_id
        and departures.subject = served.meter
    where
        departures.metric = 'usage'
        and (
            departures.direction = 'up'
            or served.served_until is null
            or departures.day < served.served_until::date
        )

),

-- how many used the meter on any of the days before
used as (

    select
        *,
        max(customers) over (
            partition by metric, subject order by day rows between 7 preceding and 1 preceding
        ) as users,
    from system
    where metric = 'meter_usage'

),

shared as (

    select
        of_customers.subject,
        of_customers.day,
        of_customers.direction,
        any_value(of_customers.shape order by of_customers.shape) as shape,
        any_value(used.value)::double as observed,
        sum(of_customers.expected order by of_customers.customer_id) as expected,
        median(of_customers.score) as score,
        bool_or(of_customers.is_ongoing) as is_ongoing,
        max(of_customers.last_day) as last_day,
    from of_customers
    inner join used
        on of_customers.subject = used.subject
        and of_customers.day = used.day
    group by of_customers.subject, of_customers.day, of_customers.direction
    having count(*) >= 30 and count(*) * 5 >= any_value(used.users) * 4

),

-- A plan that renews on the same day of every month departs only when it is unlike the month before.
renewed as (

    select
        departures.subject,
        departures.day,
        departures.direction,
    from departures
    inner join system
        on departures.metric = system.metric
        and departures.subject = system.subject
        and system.day between departures.day - 31 and departures.day - 28
    cross join parameters
    where departures.metric = 'plan_revenue'
    group by departures.subject, departures.day, departures.direction
    having
        count(*) = 4
        and case departures.direction
            when 'up'
                then max(system.value)::double * any_value(parameters.anomaly_change_min)
                    <= any_value(departures.observed)
            else min(system.value)::double
                >= any_value(departures.observed) * any_value(parameters.anomaly_change_min)
        end

),

-- of lag, failures and refunds only more of them is worth a row, and of lag what is noticed
of_the_system as (

    select departures.*
    from departures
    cross join parameters
    left join renewed
        on departures.subject = renewed.subject
        and departures.day = renewed.day
        and departures.direction = renewed.direction
    where
        departures.metric = 'meter_usage'
        or (
            departures.metric in ('failed_payments', 'refunds')
            and departures.direction = 'up'
        )
        or (
            departures.metric = 'metering_lag'
            and departures.direction = 'up'
            -- a hundredth of the limit: a quarter of an hour of a day
            and departures.observed >= parameters.metering_lag_limit_hours * 36
        )
        or (departures.metric = 'plan_revenue' and renewed.subject is not null)

),

kept as (

    select of_customers.*
    from of_customers
    anti join shared
        on of_customers.subject = shared.subject
        and of_customers.day = shared.day
        and of_customers.direction = shared.direction

    union all by name

    select * from of_the_system

    union all by name

    select
        'meter_usage' as metric,
        shared.*,
    from shared
    anti join of_the_system
        on of_the_system.metric = 'meter_usage'
        and shared.subject = of_the_system.subject
        and shared.day = of_the_system.day
        and shared.direction = of_the_system.direction

),

named as (

    select
        kept.* exclude (observed, expected),
        cast(coalesce(usage.quantity, system.value, kept.observed) as decimal(38, 12)) as observed,
        cast(round(kept.expected, if(kept.expected < 100, 2, 0)) as decimal(38, 12)) as expected,
        coalesce(customers.name, kept.customer_id) as customer_name,
        case
            when kept.customer_id is not null or kept.metric in ('meter_usage', 'metering_lag')
                then kept.subject
        end as meter,
        coalesce(system.unit, 'units') as unit,
        coalesce(system.label, kept.subject) as label,
        if(system.unit like 'minor %', system.unit[7:], null) as currency,
        kept.last_day - kept.day + 1 as days,
    from kept
    left join usage
        on kept.customer_id = usage.customer_id
        and kept.subject = usage.meter
        and kept.day = usage.usage_date
    left join system
        on kept.metric = system.metric
        and kept.subject = system.subject
        and kept.day = system.day
    left join customers on kept.customer_id = customers.customer_id

),

worded as (

    select
        *,
        case metric
            when 'usage' then concat(customer_name, ' used [figure] of ', subject)
            when 'meter_usage' then concat('All customers together used [figure] of ', subject)
            when 'metering_lag' then concat('Usage of ', subject, ' arrived [figure] late')
            when 'failed_payments' then concat('[figure] payments in ', label, ' failed')
            when 'refunds' then 'Refunds came to [figure]'
            else concat('Invoices for ', label, ' came to [figure]')
        end as sentence,
        {% for side in ['observed', 'expected'] -%}
        case
            when unit = 'seconds' then {{ format_duration(side) }}
            when currency is not null
                then {{ format_money('round(' ~ side ~ ')::bigint', 'currency') }}
            else {{ format_quantity(side) }}
        end as {{ side }}_text{{ ',' if not loop.last }}
        {% endfor -%}
    from named

),

final as (

    select
        'anomaly_'
        || left(md5(concat_ws('|', metric, subject, customer_id, direction, day::varchar)), 20)
            as anomaly_id,
        metric,
        subject,
        customer_id,
        customer_name,
        meter,
        shape,
        direction,
        unit,
        observed,
        expected,
        round(score, 2) as score,
        days,
        concat(
            replace(sentence, '[figure]', observed_text),
            ' on ',
            day,
            ', where ',
            expected_text,
            if(expected_text = '1', ' was', ' were'),
            ' expected from the days before',
            case
                when days = 1 then ''
                when is_ongoing then format(', and has not come back in {} days', days)
                else format(', and came back after {} days', days)
            end,
            '.'
        ) as explanation,
        is_ongoing,
        day,
        last_day,
    from worded

)

select * from final

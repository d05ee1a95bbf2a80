-- Usage of every metered window: by the meter's formula over all that is known now, and over what
-- was known when the invoice was finalized. Usage that came later was never billed, but it was
-- owed: the expectation counts it.
with

spans as (

    select * from {{ ref('int_metered_spans') }}

),

usage as (

    select * from {{ ref('int_usage_events_resolved') }}
    where customer_id is not null and not is_ambiguous_customer and not is_unknown_meter

),

measured as (

    select
        spans.subscription_id,
        spans.subscription_item_id,
        spans.price_id,
        spans.window_start,
        usage.value,
        {{ usage_recency('usage') }} as recency,
        spans.formula,
        not usage.is_voided as counts_now,
        (
            (usage.first_received_at is null or usage.first_received_at <= spans.finalized_at)
            and (not usage.is_voided or usage.void_received_at > spans.finalized_at)
        ) or (spans.finalized_at is null and not usage.is_voided) as counts_in_time,
    from spans
    inner join usage
        on spans.customer_id = usage.customer_id
        and spans.meter = usage.meter
        and usage.occurred_at >= spans.window_start
        and usage.occurred_at < spans.window_end

),

totals as (

    select
        subscription_id,
        subscription_item_id,
        price_id,
        window_start,
        case formula
            when 'count' then cast(count(*) filter (where counts_now) as decimal(38, 12))
            when 'last' then arg_max(value, recency) filter (where counts_now and formula = 'last')
            else sum(value) filter (where counts_now)
        end as quantity,
        case formula
            when 'count' then cast(count(*) filter (where counts_in_time) as decimal(38, 12))
            when 'last'
                then arg_max(value, recency) filter (where counts_in_time and formula = 'last')
            else sum(value) filter (where counts_in_time)
        end as quantity_without_late,
        count(*) filter (where counts_now) as events,
        count(*) filter (where counts_now is distinct from counts_in_time) as late_events,
    from measured
    group by subscription_id, subscription_item_id, price_id, window_start, formula

),

final as (

    select
        spans.*,
        coalesce(totals.quantity, 0) as quantity,
        coalesce(totals.quantity_without_late, 0) as quantity_without_late,
        coalesce(totals.events, 0) as events,
        coalesce(totals.late_events, 0) as late_events,
    from spans
    left join totals
        on spans.subscription_id = totals.subscription_id
        and spans.subscription_item_id = totals.subscription_item_id
        and spans.price_id = totals.price_id
        and spans.window_start = totals.window_start

)

select * from final

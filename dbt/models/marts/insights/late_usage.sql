-- Usage that came after its period: on no invoice ever once the invoice was final, else still to be
-- billed. What a period costs is rated with it and without it.
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

usage as (

    select * from {{ ref('int_period_usage') }}

),

events as (

    select * from {{ ref('int_usage_events_resolved') }}
    where customer_id is not null and not is_ambiguous_customer and not is_unknown_meter

),

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

price_tiers as (

    select * from {{ ref('int_price_tiers') }}

),

-- an invoice that was finalized before its period's end cannot be late by that
windows as (

    select
        usage.* exclude (late_events),
        usage.finalized_at is not null as is_final,
        coalesce(usage.finalized_at, usage.window_end) as in_time_until,
        'late_' || left(md5(concat_ws(
            '|', usage.subscription_item_id, usage.price_id, epoch_us(usage.window_start), is_final
        )), 20) as late_usage_id,
    from usage
    cross join parameters
    where
        usage.window_end <= parameters.as_of
        and (usage.late_events > 0 or usage.finalized_at is null)

),

measured as (

    select
        windows.late_usage_id,
        windows.formula,
        events.value,
        events.occurred_at,
        {{ usage_recency('events') }} as recency,
        not events.is_voided as counts_now,
        coalesce(events.first_received_at <= windows.in_time_until, true)
        and (not events.is_voided or events.void_received_at > windows.in_time_until)
            as counted_in_time,
        if(events.is_voided, events.void_received_at, events.first_received_at) as changed_at,
    from windows
    inner join events
        on windows.customer_id = events.customer_id
        and windows.meter = events.meter
        and events.occurred_at >= windows.window_start
        and events.occurred_at < windows.window_end

),

late as (

    select
        late_usage_id,
        case formula
            when 'count' then cast(count(*) filter (where counted_in_time) as decimal(38, 12))
            when 'last' then arg_max(value, recency) filter (where counted_in_time)
            else sum(value) filter (where counted_in_time)
        end as quantity_in_time,
        count(*) filter (where counts_now <> counted_in_time) as events,
        min(occurred_at) filter (where counts_now <> counted_in_time) as oldest_at,
        max(changed_at) filter (where counts_now <> counted_in_time) as last_received_at,
    from measured
    group by late_usage_id, formula
    having count(*) filter (where counts_now <> counted_in_time) > 0

),

to_rate as (

    select
        windows.late_usage_id,
        windows.price_id,
        windows.currency,
        unnest(['with', 'without']) as side,
        unnest([windows.quantity, coalesce(late.quantity_in_time, 0)]) as quantity,
    from windows
    inner join late on windows.late_usage_id = late.late_usage_id
    where windows.not_computed_reason is null

),

rated as (

    {{ rated_amounts('to_rate', ['late_usage_id', 'side']) | indent(4) }}

),

amounts as (

    select
        late_usage_id,
        min(amount_minor) filter (where side = 'with')
        - min(amount_minor) filter (where side = 'without') as amount_minor,
    from rated
    group by late_usage_id

),

final as (

    select
        windows.late_usage_id,
        windows.customer_id,
        windows.subscription_id,
        matched.invoice_id,
        windows.price_id,
        windows.meter,
        if(windows.is_final, 'stranded', 'billable') as state,
        windows.currency,
        late.events,
        cast(windows.quantity - coalesce(late.quantity_in_time, 0) as decimal(38, 12)) as quantity,
        cast(amounts.amount_minor as bigint) as amount_minor,
        windows.period_start,
        windows.period_end,
        late.last_received_at,
        -- https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api
        if(windows.is_final, null, late.oldest_at + interval 35 day) as billable_until,
    from windows
    inner join late on windows.late_usage_id = late.late_usage_id
    left join amounts on windows.late_usage_id = amounts.late_usage_id
    left join matched on windows.expected_invoice_id = matched.expected_invoice_id

)

select * from final

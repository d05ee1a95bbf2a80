-- Usage that no subscription bills, that came too late, or that Stripe's meter counts differently.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

groups as (

    select * from {{ ref('int_line_groups_judged') }}

),

usage_days as (

    select * from {{ ref('usage_daily') }}
    where late_events > 0

),

running_meters as (

    select * from {{ ref('int_running_meters_compared') }}

),

usage_events as (

    select * from {{ ref('int_usage_events_resolved') }}

),

item_states as (

    select * from {{ ref('int_subscription_item_states') }}

),

subscription_states as (

    select * from {{ ref('int_subscription_states') }}

),

periods as (

    select * from {{ ref('int_billing_periods') }}

),

late as (

    select
        invoice_id,
        expected_price_id as price_id,
        any_value(expected_invoice_id) as expected_invoice_id,
        any_value(customer_id) as customer_id,
        any_value(subscription_id) as subscription_id,
        any_value(meter) as meter,
        min(period_start) as period_start,
        max(period_end) as period_end,
        any_value(currency) as currency,
        any_value(invoice_status) as invoice_status,
        any_value(finalized_at) as finalized_at,
        sum(wanted_minor)::bigint as expected_minor,
        sum(found_minor)::bigint as actual_minor,
        sum(expected_quantity) as expected_quantity,
        sum(quantity_without_late) as quantity_in_time,
        list(derivation) as derivations,
        flatten(list(coalesce(line_ids, []))) as line_ids,
    from groups
    where fault = 'usage_late'
    group by invoice_id, expected_price_id

),

late_days as (

    select
        late.invoice_id,
        late.price_id,
        list(
            {
                'day': usage_days.usage_date,
                'late_events': usage_days.late_events,
                'quantity': {{ format_quantity('usage_days.quantity') }}
            } order by usage_days.usage_date
        ) as days,
    from late
    inner join usage_days
        on
            late.customer_id = usage_days.customer_id
            and late.meter = usage_days.meter
            and late.period_start < usage_days.usage_date + 1
            and late.period_end > usage_days.usage_date
    group by late.invoice_id, late.price_id

),

late_rows as (

    select
        {{ discrepancy(
            kind="'usage_late'",
            customer_id='late.customer_id',
            subscription_id='late.subscription_id',
            invoice_id='late.invoice_id',
            price_id='late.price_id',
            meter='late.meter',
            period_start='late.period_start',
            currency='late.currency',
            expected_minor='late.expected_minor',
            actual_minor='late.actual_minor',
            stage=stage_of_invoice('late.invoice_status'),
            evidence="to_json({
                'expected_invoice_id': late.expected_invoice_id,
                'finalized_at': late.finalized_at,
                'quantity': " ~ format_quantity('late.expected_quantity') ~ ",
                'quantity_in_time': " ~ format_quantity('late.quantity_in_time') ~ ",
                'period_end': late.period_end,
                'days': coalesce(late_days.days, []),
                'line_ids': late.line_ids,
                'derivations': late.derivations
            })",
        ) }}
    from late
    left join late_days
        on
            late.invoice_id = late_days.invoice_id
            and late.price_id = late_days.price_id
    where late.expected_minor != late.actual_minor

),

billed_differently as (

    select
        customer_id,
        meter,
        period_start,
        min(expected_invoice_id) as expected_invoice_id,
        min(invoice_id) as invoice_id,
        min(subscription_id) as subscription_id,
        min(expected_price_id) as price_id,
        any_value(currency) as currency,
        min(invoice_status) as invoice_status,
        sum(wanted_minor)::bigint as expected_minor,
        sum(found_minor)::bigint as actual_minor,
        sum(expected_quantity) as our_quantity,
        sum(found_quantity) as stripe_quantity,
        flatten(list(meter_event_summary_ids)) as meter_event_summary_ids,
        flatten(list(meter_windows)) as meter_windows,
        list(derivation) as derivations,
    from groups
    where fault = 'meter_mismatch'
    group by customer_id, meter, period_start

),

billed_rows as (

    select
        {{ discrepancy(
            kind="'meter_mismatch'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            price_id='price_id',
            meter='meter',
            period_start='period_start',
            currency='currency',
            expected_minor='expected_minor',
            actual_minor='actual_minor',
            stage=stage_of_invoice('invoice_status'),
            detail=format_quantity('our_quantity') ~ " || ' units against ' || "
                ~ format_quantity('stripe_quantity'),
            evidence="to_json({
                'expected_invoice_id': expected_invoice_id,
                'our_quantity': " ~ format_quantity('our_quantity') ~ ",
                'billed_quantity': " ~ format_quantity('stripe_quantity') ~ ",
                'meter_event_summary_ids': meter_event_summary_ids,
                'meter_windows': meter_windows,
                'derivations': derivations
            })",
        ) }}
    from billed_differently
    where expected_minor != actual_minor

),

running_rows as (

    select
        {{ discrepancy(
            kind="'meter_mismatch'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            price_id='price_id',
            meter='meter',
            period_start='period_start',
            currency='currency',
            expected_minor='expected_minor',
            actual_minor='actual_minor',
            stage="'preventable'",
            detail=format_quantity('our_quantity') ~ " || ' units against ' || "
                ~ format_quantity('stripe_quantity'),
            evidence="to_json({
                'our_quantity': " ~ format_quantity('our_quantity') ~ ",
                'stripe_quantity': " ~ format_quantity('stripe_quantity') ~ ",
                'compared_until': compared_until,
                'correctable_until': period_end + interval 1 hour,
                'meter_event_summary_ids': meter_event_summary_ids,
                'meter_windows': meter_windows
            })",
        ) }}
    from running_meters
    where expected_minor != actual_minor

),

-- stretches of time in which a customer's meter is billed; a cancelled subscription keeps its items
-- but bills nothing
covered as (

    select
        item_states.customer_id,
        item_states.meter,
        item_states.valid_from,
        least(
            item_states.valid_to, coalesce(subscription_states.service_end_at, item_states.valid_to)
        ) as valid_to,
    from item_states
    inner join subscription_states
        on
            item_states.subscription_id = subscription_states.subscription_id
            and item_states.state_number = subscription_states.state_number
    where item_states.usage_type = 'metered'

),

uncovered as (

    select usage_events.*
    from usage_events
    cross join parameters
    anti join covered
        on
            usage_events.customer_id = covered.customer_id
            and usage_events.meter = covered.meter
            and usage_events.occurred_at >= covered.valid_from
            and usage_events.occurred_at < covered.valid_to
    where
        usage_events.customer_id is not null
        and not usage_events.is_voided
        and not usage_events.is_unknown_meter
        and not usage_events.is_unknown_customer
        and usage_events.occurred_at < parameters.as_of

),

uncovered_periods as (

    select
        uncovered.*,
        periods.subscription_id,
        coalesce(
            periods.period_start, date_trunc('month', uncovered.occurred_at)
        ) as period_start,
        coalesce(
            periods.period_end, date_trunc('month', uncovered.occurred_at) + interval 1 month
        ) as period_end,
    from uncovered
    left join periods
        on
            uncovered.customer_id = periods.customer_id
            and uncovered.occurred_at >= periods.period_start
            and uncovered.occurred_at < periods.period_end
    qualify row_number() over (
        partition by uncovered.id_space, uncovered.event_id
        order by periods.period_start desc, periods.subscription_id
    ) = 1

),

unsubscribed as (

    select
        customer_id,
        meter,
        period_start,
        min(subscription_id) as subscription_id,
        max(period_end) as period_end,
        count(*) as events,
        sum(value) as quantity,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at,
        list(event_id order by occurred_at, event_id)[:20] as event_ids,
    from uncovered_periods
    group by customer_id, meter, period_start

),

unsubscribed_rows as (

    select
        {{ discrepancy(
            kind="'usage_unsubscribed'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            meter='meter',
            period_start='period_start',
            stage="case when period_end > parameters.as_of then 'preventable' else 'billed' end",
            detail=format_quantity('quantity') ~ " || ' units in ' || events
                || case when events = 1 then ' event' else ' events' end",
            evidence="to_json({
                'correctable_until': period_end,
                'events': events,
                'quantity': " ~ format_quantity('quantity') ~ ",
                'first_event_at': first_event_at,
                'last_event_at': last_event_at,
                'event_ids': event_ids
            })",
        ) }}
    from unsubscribed
    cross join parameters

),

final as (

    select * from late_rows
    union all
    select * from billed_rows
    union all
    select * from running_rows
    union all
    select * from unsubscribed_rows

)

select * from final

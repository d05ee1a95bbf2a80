-- Usage that no subscription bills, that came too late, or that Stripe's meter counts differently. Where a period is
-- still running both meters are rated up to the last window that Stripe has closed.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

groups as (

    select * from {{ ref('int_line_groups_judged') }}

),

windows as (

    select * from {{ ref('int_meter_windows_compared') }}

),

period_usage as (

    select * from {{ ref('int_period_usage') }}

),

usage_events as (

    select * from {{ ref('int_usage_events_resolved') }}

),

item_states as (

    select * from {{ ref('int_subscription_item_states') }}

),

periods as (

    select * from {{ ref('int_billing_periods') }}

),

price_tiers as (

    select * from {{ ref('int_price_tiers') }}

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

late_rows as (

    select
        {{ discrepancy(
            kind="'usage_late'",
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
            evidence="to_json({
                'expected_invoice_id': expected_invoice_id,
                'finalized_at': finalized_at,
                'quantity': " ~ format_quantity('expected_quantity') ~ ",
                'quantity_in_time': " ~ format_quantity('quantity_in_time') ~ ",
                'line_ids': line_ids,
                'derivations': derivations,
                'consequences': [{
                    'shows_in': 'invoice_total',
                    'id': invoice_id,
                    'minor': expected_minor - actual_minor
                }]
            })",
        ) }}
    from late
    where expected_minor != actual_minor

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
                'derivations': derivations,
                'consequences': [{
                    'shows_in': 'invoice_line',
                    'id': invoice_id,
                    'minor': expected_minor - actual_minor
                }]
            })",
        ) }}
    from billed_differently
    where expected_minor != actual_minor

),

running as (

    select period_usage.*
    from period_usage
    cross join parameters
    where
        period_usage.period_end > parameters.as_of
        and period_usage.window_start <= parameters.as_of
        and period_usage.not_computed_reason is null

),

-- of windows of several lengths over one stretch the shortest tell it all
running_windows as (

    select
        running.subscription_id,
        running.subscription_item_id,
        running.price_id,
        running.period_start,
        windows.*,
        max(windows.end_at) over (
            partition by running.subscription_id, running.subscription_item_id, running.price_id
        ) as compared_until,
    from running
    inner join windows
        on
            running.customer_id = windows.customer_id
            and running.meter = windows.meter
            and windows.start_at >= running.window_start
            and windows.end_at <= running.window_end
    qualify
        windows.end_at - windows.start_at
        = min(windows.end_at - windows.start_at) over (
            partition by running.subscription_id, running.subscription_item_id, running.price_id
        )

),

running_differences as (

    select
        subscription_id,
        subscription_item_id,
        price_id,
        period_start,
        max(compared_until) as compared_until,
        sum(stripe_value - our_value) as difference,
        max_by(stripe_value, start_at) as last_stripe_value,
        list(
            meter_event_summary_id order by start_at
        ) filter (where our_value != stripe_value) as meter_event_summary_ids,
        list(
            {
                'from': start_at,
                'to': end_at,
                'ours': our_value::varchar,
                'stripe': stripe_value::varchar
            } order by start_at
        ) filter (where our_value != stripe_value) as meter_windows,
    from running_windows
    group by all
    having bool_or(our_value != stripe_value)

),

running_totals as (

    select
        running.subscription_id,
        running.subscription_item_id,
        running.price_id,
        running.customer_id,
        running.currency,
        running.meter,
        running.formula,
        running.period_start,
        running_differences.compared_until,
        running_differences.difference,
        running_differences.last_stripe_value,
        running_differences.meter_event_summary_ids,
        running_differences.meter_windows,
        coalesce(
            case running.formula
                when 'count' then count(usage_events.event_id)
                when 'last' then max_by(
                    usage_events.value,
                    (
                        usage_events.occurred_at,
                        coalesce(usage_events.first_received_at, usage_events.occurred_at),
                        usage_events.event_id
                    )
                )
                else sum(usage_events.value)
            end,
            0
        )::decimal(38, 12) as our_quantity,
    from running
    inner join running_differences
        on
            running.subscription_id = running_differences.subscription_id
            and running.subscription_item_id = running_differences.subscription_item_id
            and running.price_id = running_differences.price_id
            and running.period_start = running_differences.period_start
    left join usage_events
        on
            running.customer_id = usage_events.customer_id
            and running.meter = usage_events.meter
            and usage_events.occurred_at >= running.window_start
            and usage_events.occurred_at < running_differences.compared_until
            and not usage_events.is_voided
    group by all

),

running_quantities as (

    select
        *,
        greatest(our_quantity, 0) as ours,
        greatest(
            case when formula = 'last' then last_stripe_value else our_quantity + difference end, 0
        ) as stripes,
    from running_totals

),

to_rate as (

    select
        subscription_item_id,
        price_id,
        period_start,
        currency,
        'ours' as side,
        ours as quantity,
    from running_quantities

    union all

    select
        subscription_item_id,
        price_id,
        period_start,
        currency,
        'stripes' as side,
        stripes as quantity,
    from running_quantities

),

rated as (

    select
        to_rate.subscription_item_id,
        to_rate.price_id,
        to_rate.period_start,
        to_rate.side,
        case
            when bool_and(price_tiers.not_computed_reason is null)
                then sum({{ round_minor(rated_units_minor('to_rate.quantity', 'price_tiers')) }}
                    + coalesce({{ round_minor('price_tiers.flat_amount_decimal') }}, 0))
        end::bigint as amount_minor,
    from to_rate
    inner join price_tiers
        on
            to_rate.price_id = price_tiers.price_id
            and to_rate.currency = price_tiers.currency
            and (price_tiers.tier_number = 1 or to_rate.quantity > price_tiers.from_units)
            and (
                price_tiers.is_graduated
                or price_tiers.up_to_units is null
                or to_rate.quantity <= price_tiers.up_to_units
            )
    group by all

),

running_rated as (

    select
        running_quantities.*,
        ours_rated.amount_minor as expected_minor,
        stripes_rated.amount_minor as actual_minor,
    from running_quantities
    inner join rated as ours_rated
        on
            running_quantities.subscription_item_id = ours_rated.subscription_item_id
            and running_quantities.price_id = ours_rated.price_id
            and running_quantities.period_start = ours_rated.period_start
            and ours_rated.side = 'ours'
    inner join rated as stripes_rated
        on
            running_quantities.subscription_item_id = stripes_rated.subscription_item_id
            and running_quantities.price_id = stripes_rated.price_id
            and running_quantities.period_start = stripes_rated.period_start
            and stripes_rated.side = 'stripes'

),

running_rows as (

    select
        {{ discrepancy(
            kind="'meter_mismatch'",
            customer_id='customer_id',
            subscription_id='min(subscription_id)',
            price_id='min(price_id)',
            meter='meter',
            period_start='period_start',
            currency='any_value(currency)',
            expected_minor='sum(expected_minor)',
            actual_minor='sum(actual_minor)',
            stage="'preventable'",
            detail=format_quantity('sum(ours)') ~ " || ' units against ' || "
                ~ format_quantity('sum(stripes)'),
            evidence="to_json({
                'our_quantity': " ~ format_quantity('sum(ours)') ~ ",
                'stripe_quantity': " ~ format_quantity('sum(stripes)') ~ ",
                'compared_until': max(compared_until),
                'meter_event_summary_ids': flatten(list(meter_event_summary_ids)),
                'meter_windows': flatten(list(meter_windows))
            })",
        ) }}
    from running_rated
    group by customer_id, meter, period_start
    having sum(expected_minor) != sum(actual_minor)

),

uncovered as (

    select usage_events.*
    from usage_events
    cross join parameters
    anti join item_states
        on
            usage_events.customer_id = item_states.customer_id
            and usage_events.meter = item_states.meter
            and item_states.usage_type = 'metered'
            and usage_events.occurred_at >= item_states.valid_from
            and usage_events.occurred_at < item_states.valid_to
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

unsubscribed_rows as (

    select
        {{ discrepancy(
            kind="'usage_unsubscribed'",
            customer_id='customer_id',
            subscription_id='min(subscription_id)',
            meter='meter',
            period_start='period_start',
            stage="'preventable'",
            detail=format_quantity('sum(value)') ~ " || ' units in ' || count(*) || ' events'",
            evidence="to_json({
                'events': count(*),
                'quantity': " ~ format_quantity('sum(value)') ~ ",
                'first_event_at': min(occurred_at),
                'last_event_at': max(occurred_at),
                'event_ids': list(event_id order by occurred_at, event_id)[:20]
            })",
        ) }}
    from uncovered_periods
    group by customer_id, meter, period_start

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

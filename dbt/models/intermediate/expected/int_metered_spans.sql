-- For every billing period outside a trial, and every metered price in it: the window whose usage
-- is rated. The price that stands at the period's end bills the usage since it came. One that went
-- before is billed by flexible billing alone, with the prorations of the change that took it away.
with

states as (

    select * from {{ ref('int_subscription_states') }}

),

items as (

    select * from {{ ref('int_subscription_item_states') }}
    where usage_type = 'metered'

),

periods as (

    select * from {{ ref('int_billing_periods') }}
    where not is_trial

),

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

legs as (

    select * from {{ ref('int_proration_legs') }}
    where kind = 'usage'

),

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

flagged as (

    select
        *,
        coalesce(
            lag(state_number) over item_states <> state_number - 1
            or lag(price_id) over item_states <> price_id,
            true
        ) as is_new_span,
    from items
    window item_states as (
        partition by subscription_id, subscription_item_id order by state_number
    )

),

numbered as (

    select
        *,
        sum(cast(is_new_span as integer)) over (
            partition by subscription_id, subscription_item_id order by state_number
        ) as span_number,
    from flagged

),

spans as (

    select
        subscription_id,
        subscription_item_id,
        price_id,
        any_value(customer_id) as customer_id,
        any_value(currency) as currency,
        any_value(product_id) as product_id,
        any_value(meter) as meter,
        any_value(formula) as formula,
        any_value(not_computed_reason) as not_computed_reason,
        any_value(item_created_at) as item_created_at,
        arg_max(item_position, state_number) as item_position,
        min(valid_from) as span_start,
        max(valid_to) as span_end,
    from numbered
    group by subscription_id, subscription_item_id, price_id, span_number

),

-- the mode in which the period was closed
modes as (

    select
        periods.subscription_id,
        periods.period_start,
        states.billing_mode = 'flexible' as is_flexible,
    from periods
    inner join states
        on periods.subscription_id = states.subscription_id
        and periods.period_end > states.valid_from
        and periods.period_end <= states.valid_to

),

windows as (

    select
        spans.*,
        periods.period_start,
        periods.period_end,
        periods.period_number,
        modes.is_flexible,
        spans.span_end >= periods.period_end as is_closing,
        greatest(periods.period_start, spans.span_start) as window_start,
        least(periods.period_end, spans.span_end) as window_end,
    from spans
    inner join periods
        on spans.subscription_id = periods.subscription_id
        and spans.span_start < periods.period_end
        and spans.span_end > periods.period_start
    inner join modes
        on periods.subscription_id = modes.subscription_id
        and periods.period_start = modes.period_start

),

final as (

    select
        windows.subscription_id,
        windows.customer_id,
        windows.currency,
        heads.expected_invoice_id,
        windows.subscription_item_id,
        windows.item_created_at,
        windows.item_position,
        windows.price_id,
        windows.product_id,
        windows.meter,
        windows.formula,
        windows.not_computed_reason,
        windows.period_start,
        windows.period_end,
        windows.window_start,
        windows.window_end,
        windows.is_flexible,
        legs.changed_at as pending_since,
        matched.finalized_at,
    from windows
    left join legs
        on windows.subscription_id = legs.subscription_id
        and windows.subscription_item_id = legs.subscription_item_id
        and windows.price_id = legs.price_id
        and windows.window_end = legs.changed_at
    asof left join heads
        on windows.subscription_id = heads.subscription_id
        and windows.window_end <= heads.due_at
    left join matched on heads.expected_invoice_id = matched.expected_invoice_id
    where windows.is_closing or legs.changed_at is not null

)

select * from final

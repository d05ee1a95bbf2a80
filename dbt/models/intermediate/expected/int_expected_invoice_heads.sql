-- Every invoice that should exist up to the as-of instant, still without amounts: why, when it is
-- due, which closed period's usage it bills and which coming period's licensed prices.
with

periods as (

    select * from {{ ref('int_billing_periods') }}

),

items as (

    select * from {{ ref('int_subscription_item_states') }}

),

states as (

    select * from {{ ref('int_subscription_states') }}

),

legs as (

    select * from {{ ref('int_proration_legs') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

-- A subscription starts with an invoice, and starts again with one after a pause without periods. A
-- stub before the anchor that is not prorated is free and has none; flexible billing makes none
-- without a line.
openings as (

    select
        periods.subscription_id,
        periods.customer_id,
        periods.currency,
        case when periods.period_number = 1 then 'create' else 'update' end as reason,
        periods.period_start as due_at,
        periods.period_start,
        periods.period_start as period_end,
        cast(null as timestamp) as arrears_start,
        cast(null as timestamp) as arrears_end,
        periods.period_start as advance_start,
        periods.nominal_end as advance_end,
        periods.full_start as advance_full_start,
        periods.is_trial as is_advance_trial,
        periods.has_mixed_intervals,
        periods.has_more_items,
    from periods
    inner join states
        on periods.subscription_id = states.subscription_id
        and states.state_number = 1
    where
        (periods.period_number = 1 or periods.period_start > periods.previous_period_end)
        and not (periods.is_stub and coalesce(states.proration_behavior = 'none', false))
        and (
            states.billing_mode is distinct from 'flexible'
            or exists (
                select 1 from items
                where
                    items.subscription_id = periods.subscription_id
                    and items.usage_type = 'licensed'
                    and items.valid_from <= periods.period_start
                    and items.valid_to > periods.period_start
            )
        )

),

closings as (

    select
        subscription_id,
        customer_id,
        currency,
        case
            when period_end = service_end_at then 'cancel'
            when period_end < nominal_end and not is_trial then 'update'
            else 'cycle'
        end as reason,
        -- a trial that is ended early is invoiced by the update that ends it
        is_trial and period_end < nominal_end as is_trial_cut,
        period_end as due_at,
        period_start,
        period_end,
        case when not is_trial then period_start end as arrears_start,
        case when not is_trial then period_end end as arrears_end,
        case when next_period_start = period_end then next_period_start end as advance_start,
        next_nominal_end as advance_end,
        next_full_start as advance_full_start,
        next_is_trial as is_advance_trial,
        has_mixed_intervals,
        has_more_items,
    from periods
    cross join parameters
    where
        period_end <= parameters.as_of
        and (next_period_start is not null or period_end = service_end_at)
        and (not is_trial or next_period_start = period_end or period_end = service_end_at)

),

-- `always_invoice`: the change itself makes an invoice.
updates as (

    select distinct
        legs.subscription_id,
        legs.customer_id,
        legs.currency,
        'update' as reason,
        legs.changed_at as due_at,
        legs.changed_at as period_start,
        legs.changed_at as period_end,
        false as has_mixed_intervals,
        false as has_more_items,
    from legs
    cross join parameters
    where
        legs.proration_behavior = 'always_invoice'
        and not legs.is_cancellation
        and not legs.is_restart
        and legs.changed_at <= parameters.as_of

),

-- Prorations that wait go onto any invoice of the subscription that is made by hand and takes them.
sweeps as (

    select distinct
        lines.subscription_id,
        invoices.customer_id,
        invoices.currency,
        'update' as reason,
        invoices.created_at as due_at,
        invoices.created_at as period_start,
        invoices.created_at as period_end,
        false as has_mixed_intervals,
        false as has_more_items,
        true as is_sweep,
        invoices.invoice_id as swept_invoice_id,
    from invoices
    inner join lines on invoices.invoice_id = lines.invoice_id
    where
        invoices.billing_reason = 'manual'
        and lines.is_proration
        and lines.subscription_id is not null

),

candidates as (

    select * from openings
    union all by name
    select * from closings
    union all by name
    select * from updates
    union all by name
    select * from sweeps

),

-- A last invoice needs something to bill: usage, even of 0, or what a change has left pending.
closed_with_usage as (

    select distinct
        candidates.subscription_id,
        candidates.due_at,
    from candidates
    inner join items
        on candidates.subscription_id = items.subscription_id
        and candidates.arrears_end > items.valid_from
        and candidates.arrears_end <= items.valid_to
    where items.usage_type = 'metered'

),

known as (

    select
        subscription_id,
        history_known_from,
        has_never_begun,
        coalesce(started_at < created_at, false) as is_backdated,
    from states
    where state_number = 1

),

-- Usage of these periods was billed in parts, whenever it came to an amount.
billed_in_parts as (

    select distinct
        candidates.subscription_id,
        candidates.due_at,
    from candidates
    inner join invoices
        on candidates.subscription_id = invoices.subscription_id
        and invoices.created_at > candidates.arrears_start
        and invoices.created_at <= candidates.arrears_end
    where invoices.billing_reason = 'subscription_threshold'

),

legs_placed as (

    select distinct
        candidates.subscription_id,
        candidates.due_at,
    from legs
    asof join candidates
        on legs.subscription_id = candidates.subscription_id
        and legs.changed_at <= candidates.due_at

),

final as (

    select
        'xin_' || left(md5(concat_ws(
            '|', candidates.subscription_id, candidates.reason, epoch_us(candidates.due_at)
        )), 24) as expected_invoice_id,
        candidates.subscription_id,
        candidates.customer_id,
        candidates.currency,
        candidates.reason,
        candidates.due_at,
        coalesce(candidates.is_trial_cut, false) as is_trial_cut,
        candidates.swept_invoice_id,
        if(
            candidates.reason = 'update', candidates.due_at, candidates.period_start
        ) as period_start,
        candidates.period_end,
        candidates.arrears_start,
        candidates.arrears_end,
        candidates.advance_start,
        candidates.advance_end,
        candidates.advance_full_start,
        coalesce(candidates.is_advance_trial, false) as is_advance_trial,
        case
            when candidates.period_start < known.history_known_from
                then {{ not_computed('history_unknown') }}
            when candidates.reason = 'create' and known.is_backdated
                then {{ not_computed('backdated') }}
            when billed_in_parts.due_at is not null then {{ not_computed('billing_threshold') }}
            when candidates.has_more_items then {{ not_computed('items_missing') }}
            when candidates.has_mixed_intervals then {{ not_computed('mixed_intervals') }}
            when candidates.is_advance_trial and candidates.reason <> 'create'
                then {{ not_computed('trial_added') }}
        end as not_computed_reason,
    from candidates
    inner join known on candidates.subscription_id = known.subscription_id
    left join closed_with_usage
        on candidates.subscription_id = closed_with_usage.subscription_id
        and candidates.due_at = closed_with_usage.due_at
    left join legs_placed
        on candidates.subscription_id = legs_placed.subscription_id
        and candidates.due_at = legs_placed.due_at
    left join billed_in_parts
        on candidates.subscription_id = billed_in_parts.subscription_id
        and candidates.due_at = billed_in_parts.due_at
    where
        case
            -- its first payment never came: it bills nothing more
            when candidates.reason = 'cancel' then
                not known.has_never_begun
                and coalesce(closed_with_usage.due_at, legs_placed.due_at) is not null
            when candidates.is_sweep then legs_placed.due_at is not null
            else true
        end

)

select * from final

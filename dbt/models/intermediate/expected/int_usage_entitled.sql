-- Usage of every window that may have something included or a limit: the metered ones, and the
-- billing periods of customers whose contract limits a meter that no item of theirs bills. Those
-- have neither item nor price, and stand with the first of the customer's subscriptions.
with

billed as (

    select * from {{ ref('int_period_usage') }}

),

contracts as (

    select * from {{ ref('stg_contracts__contracts') }}

),

periods as (

    select * from {{ ref('int_billing_periods') }}
    where not is_trial

),

states as (

    select * from {{ ref('int_subscription_states') }}

),

meters as (

    select * from {{ ref('int_usage_meters') }}

),

usage as (

    select * from {{ ref('int_usage_events_resolved') }}
    where
        not is_voided
        and customer_id is not null
        and not is_ambiguous_customer
        and not is_unknown_meter

),

limited_meters as (

    select distinct
        customer_id,
        unnest(limits).meter as meter,
    from contracts

),

unbilled_meters as (

    select
        limited_meters.customer_id,
        limited_meters.meter,
        meters.formula,
    from limited_meters
    inner join meters using (meter)
    anti join billed
        on
            limited_meters.customer_id = billed.customer_id
            and limited_meters.meter = billed.meter

),

subscribed as (

    select
        customer_id,
        any_value(currency) as currency,
        subscription_id,
    from states
    group by customer_id, subscription_id
    qualify row_number() over (
        partition by customer_id order by min(valid_from), subscription_id
    ) = 1

),

unbilled as (

    select
        subscribed.subscription_id,
        unbilled_meters.customer_id,
        subscribed.currency,
        unbilled_meters.meter,
        unbilled_meters.formula,
        periods.period_start,
        periods.period_end,
        coalesce(case unbilled_meters.formula
            when 'count' then cast(count(usage.value) as decimal(38, 12))
            when 'last' then arg_max(usage.value, {{ usage_recency('usage') }})
            else sum(usage.value)
        end, 0) as quantity,
    from unbilled_meters
    inner join subscribed using (customer_id)
    inner join periods on subscribed.subscription_id = periods.subscription_id
    left join usage
        on unbilled_meters.customer_id = usage.customer_id
        and unbilled_meters.meter = usage.meter
        and usage.occurred_at >= periods.period_start
        and usage.occurred_at < periods.period_end
    group by
        subscribed.subscription_id,
        unbilled_meters.customer_id,
        subscribed.currency,
        unbilled_meters.meter,
        unbilled_meters.formula,
        periods.period_start,
        periods.period_end

),

final as (

    select
        subscription_id,
        subscription_item_id,
        customer_id,
        currency,
        price_id,
        meter,
        formula,
        period_start,
        period_end,
        window_start,
        window_end,
        quantity,
    from billed

    union all

    select
        subscription_id,
        null,
        customer_id,
        currency,
        null,
        meter,
        formula,
        period_start,
        period_end,
        period_start,
        period_end,
        quantity,
    from unbilled

)

select * from final

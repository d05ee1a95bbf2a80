-- Running subscriptions rated on the prices of others that sell the same: the same products, each
-- with the same meter, in the same currency and by the same interval.
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

states as (

    select * from {{ ref('int_subscription_states') }}
    where interval_unit is not null and not has_mixed_intervals and not has_more_items

),

items as (

    select * from {{ ref('int_subscription_item_states') }}

),

periods as (

    select * from {{ ref('int_billing_periods') }}
    where not is_trial and not is_stub

),

usage as (

    select * from {{ ref('int_period_usage') }}

),

price_tiers as (

    select * from {{ ref('int_price_tiers') }}

),

-- each state's prices, in the order of what they sell, so that two that sell the same pair up
plans as (

    select
        items.subscription_id,
        items.state_number,
        list(items.price_id order by items.product_id, items.usage_type, items.meter, items.price_id)
            as price_ids,
        list(items.quantity order by items.product_id, items.usage_type, items.meter, items.price_id)
            as quantities,
        list(
            concat_ws(' ', items.product_id, items.usage_type, items.meter)
            order by items.product_id, items.usage_type, items.meter, items.price_id
        ) as sold,
    from items
    group by items.subscription_id, items.state_number
    having bool_and(items.not_computed_reason is null)

),

on_plans as (

    select
        states.subscription_id,
        states.customer_id,
        states.currency,
        states.interval_unit,
        states.interval_count,
        states.valid_from,
        states.valid_to,
        states.service_end_at,
        plans.price_ids,
        plans.quantities,
        plans.sold,
    from states
    inner join plans
        on states.subscription_id = plans.subscription_id
        and states.state_number = plans.state_number
    where len(list_distinct(plans.sold)) = len(plans.sold)

),

running as (

    select on_plans.*
    from on_plans
    cross join parameters
    where
        on_plans.valid_from <= parameters.as_of
        and on_plans.valid_to > parameters.as_of
        and coalesce(on_plans.service_end_at > parameters.as_of, true)

),

offers as (

    select
        currency,
        interval_unit,
        interval_count,
        sold,
        price_ids,
        count(distinct subscription_id) as subscriptions,
    from running
    group by all

),

-- the last full periods at whose end the subscription was on the plan it is on now
rated_periods as (

    select
        running.subscription_id,
        running.price_ids,
        on_plans.quantities,
        periods.period_start,
        periods.period_end,
    from running
    cross join parameters
    inner join periods
        on running.subscription_id = periods.subscription_id
        and periods.period_end <= parameters.as_of
        and periods.period_end = periods.nominal_end
    inner join on_plans
        on running.subscription_id = on_plans.subscription_id
        and running.price_ids = on_plans.price_ids
        and on_plans.valid_from < periods.period_end
        and on_plans.valid_to >= periods.period_end
    qualify row_number() over (
        partition by running.subscription_id order by periods.period_start desc
    ) <= 3

),

pairs as (

    select
        running.subscription_id,
        running.currency,
        unnest([running.price_ids, offers.price_ids]) as price_ids,
        unnest(['own', 'other']) as side,
        running.price_ids as own_price_ids,
        offers.price_ids as other_price_ids,
        running.sold,
    from running
    inner join offers
        on running.currency = offers.currency
        and running.interval_unit = offers.interval_unit
        and running.interval_count = offers.interval_count
        and running.sold = offers.sold
        and running.price_ids <> offers.price_ids

),

placed as (

    select
        subscription_id,
        currency,
        side,
        own_price_ids,
        other_price_ids,
        unnest(price_ids) as price_id,
        unnest(own_price_ids) as own_price_id,
        generate_subscripts(price_ids, 1) as place,
    from pairs

),

used as (

    select
        subscription_id,
        price_id,
        period_start,
        sum(quantity) as quantity,
    from usage
    group by all

),

to_rate as (

    select
        placed.subscription_id,
        placed.other_price_ids,
        placed.side,
        placed.place,
        rated_periods.period_start,
        placed.price_id,
        placed.currency,
        coalesce(used.quantity, rated_periods.quantities[placed.place]) as quantity,
    from placed
    inner join rated_periods on placed.subscription_id = rated_periods.subscription_id
    left join used
        on placed.subscription_id = used.subscription_id
        and placed.own_price_id = used.price_id
        and rated_periods.period_start = used.period_start

),

rated as (

    {{ rated_amounts(
        'to_rate', ['subscription_id', 'other_price_ids', 'side', 'place', 'period_start']
    ) | indent(4) }}

),

compared as (

    select
        subscription_id,
        other_price_ids,
        sum(amount_minor) filter (where side = 'own') as amount_minor,
        sum(amount_minor) filter (where side = 'other') as other_minor,
        count(distinct period_start) as periods,
        min(period_start) as periods_start,
    from rated
    group by subscription_id, other_price_ids
    having bool_and(amount_minor is not null)

),

ends as (

    select
        subscription_id,
        max(period_end) as periods_end,
    from rated_periods
    group by subscription_id

),

final as (

    select
        'saving_' || left(
            md5(concat_ws('|', running.subscription_id, array_to_string(compared.other_price_ids, ','))),
            20
        ) as plan_saving_id,
        running.subscription_id,
        running.customer_id,
        list_sort(running.price_ids) as price_ids,
        list_sort(compared.other_price_ids) as other_price_ids,
        running.currency,
        compared.periods,
        offers.subscriptions as other_subscriptions,
        cast(compared.amount_minor as bigint) as amount_minor,
        cast(compared.other_minor as bigint) as other_minor,
        cast(compared.amount_minor - compared.other_minor as bigint) as saving_minor,
        rank() over (
            partition by running.subscription_id order by compared.other_minor
        ) = 1 as is_best,
        compared.periods_start,
        ends.periods_end,
    from compared
    inner join running on compared.subscription_id = running.subscription_id
    inner join ends on compared.subscription_id = ends.subscription_id
    inner join offers
        on running.currency = offers.currency
        and running.interval_unit = offers.interval_unit
        and running.interval_count = offers.interval_count
        and running.sold = offers.sold
        and compared.other_price_ids = offers.price_ids
    where compared.other_minor < compared.amount_minor

)

select * from final

-- What is wrong with each line group that differs, told apart once for all categories: usage that
-- came too late, usage that Stripe's meter counted differently, another price, another quantity, or
-- just another amount. A group is judged only where its invoice is the one expected; what is wrong
-- with the invoice as a whole is not repeated here.
--
-- One group can have several faults: usage that came late and a wrong price, say. Then it has a row
-- for each, and the money goes from what was wanted to what was found by way of what the group comes
-- to with the faults before it.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

price_tiers as (

    select * from {{ ref('int_price_tiers') }}

),

groups as (

    select * from {{ ref('int_line_groups_compared') }}

),

windows as (

    select * from {{ ref('int_meter_windows_compared') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_current') }}

),

-- in another currency than the subscription's every line differs, and none for a reason of its own
foreign_invoices as (

    select invoices.invoice_id
    from invoices
    inner join subscriptions
        on invoices.subscription_id = subscriptions.subscription_id
    where invoices.currency != subscriptions.currency

),

differing as (

    select
        groups.*,
        coalesce(groups.billed_quantity, 0) as found_quantity,
        coalesce(groups.expected_minor, 0) as wanted_minor,
        coalesce(groups.billed_minor, 0) as found_minor,
    from groups
    anti join foreign_invoices
        on groups.invoice_id = foreign_invoices.invoice_id
    where
        groups.status in ('missing', 'unexpected', 'mismatched')
        and groups.invoice_id is not null
        and groups.expected_invoice_id is not null

),

meter_differences as (

    select
        differing.group_id,
        sum(windows.stripe_value - windows.our_value) as meter_difference,
        list(
            windows.meter_event_summary_id order by windows.start_at, windows.end_at
        ) as meter_event_summary_ids,
        list(
            {
                'from': windows.start_at,
                'to': windows.end_at,
                'ours': {{ format_quantity('windows.our_value') }},
                'stripe': {{ format_quantity('windows.stripe_value') }}
            } order by windows.start_at, windows.end_at
        ) as meter_windows,
    from differing
    inner join windows
        on
            differing.customer_id = windows.customer_id
            and differing.meter = windows.meter
            and windows.start_at < differing.period_end
            and windows.end_at > differing.period_start
    where
        differing.kind = 'usage'
        and windows.our_value != windows.stripe_value
    group by differing.group_id

),

-- groups with more than one thing wrong: another quantity beside another price, or more wrong with
-- the quantity than what came late. A price of another meter or of packages counts other units.
with_several_faults as (

    select differing.*
    from differing
    left join prices as expected_prices
        on differing.expected_price_id = expected_prices.price_id
    left join prices as billed_prices
        on differing.billed_price_id = billed_prices.price_id
    where
        differing.is_billed
        and differing.kind in ('usage', 'recurring')
        and differing.found_quantity != differing.expected_quantity
        and case
            when differing.expected_price_id = differing.billed_price_id
                then
                    differing.kind = 'usage'
                    and differing.quantity_without_late != differing.expected_quantity
            else
                expected_prices.meter_id is not distinct from billed_prices.meter_id
                and expected_prices.transform_divide_by is null
                and billed_prices.transform_divide_by is null
        end

),

to_rate as (

    select
        group_id,
        expected_price_id as price_id,
        currency,
        unnest(['expected', 'in_time', 'found']) as side,
        unnest([
            expected_quantity, coalesce(quantity_without_late, expected_quantity), found_quantity
        ]) as quantity,
    from with_several_faults

),

rated as (

    {{ rated_amounts('to_rate', ['group_id', 'side']) | indent(4) }}

),

-- only where the price alone makes the amount: no proration, no price that changed in the period
steps as (

    select
        with_several_faults.*,
        coalesce(
            with_several_faults.kind = 'usage'
            and with_several_faults.quantity_without_late
            != with_several_faults.expected_quantity,
            false
        ) as has_late,
        case
            when has_late then with_several_faults.quantity_without_late
            else with_several_faults.expected_quantity
        end as metered_quantity,
        case when has_late then in_time.amount_minor else expected.amount_minor end
            as metered_minor,
        found.amount_minor as priced_minor,
        with_several_faults.found_quantity != metered_quantity as has_other_quantity,
        with_several_faults.expected_price_id
        != with_several_faults.billed_price_id as has_other_price,
    from with_several_faults
    inner join rated as expected
        on
            with_several_faults.group_id = expected.group_id
            and expected.side = 'expected'
    inner join rated as in_time
        on
            with_several_faults.group_id = in_time.group_id
            and in_time.side = 'in_time'
    inner join rated as found
        on
            with_several_faults.group_id = found.group_id
            and found.side = 'found'
    where
        expected.amount_minor = with_several_faults.expected_minor
        and in_time.amount_minor is not null
        and found.amount_minor is not null

),

several_faults as (

    select
        * replace (metered_minor as found_minor, metered_quantity as found_quantity),
        'usage_late' as fault,
        1 as fault_number,
    from steps
    where has_late

    union all by name

    select
        * replace (
            metered_minor as wanted_minor,
            metered_quantity as expected_quantity,
            case when has_other_price then priced_minor else found_minor end as found_minor
        ),
        case
            when meter_differences.group_id is not null then 'meter_mismatch'
            else 'quantity_mismatch'
        end as fault,
        2 as fault_number,
    from steps
    left join (select distinct group_id from meter_differences) as meter_differences
        using (group_id)
    where has_other_quantity

    union all by name

    select
        * replace (
            case when has_other_price then priced_minor else metered_minor end as wanted_minor,
            found_quantity as expected_quantity
        ),
        case when has_other_price then 'price_mismatch' else 'amount_mismatch' end as fault,
        3 as fault_number,
    from steps
    where has_other_price or not has_other_quantity

),

single_faults as (

    select
        differing.*,
        case
            when differing.kind = 'commitment' then 'commitment_shortfall'
            when differing.kind in ('proration_credit', 'proration_charge') then 'proration'
            when differing.status = 'unexpected' then 'line_unexpected'
            when
                differing.is_billed
                and differing.expected_price_id != differing.billed_price_id
                then 'price_mismatch'
            when
                differing.kind = 'usage'
                and differing.found_quantity = differing.quantity_without_late
                and differing.found_quantity != differing.expected_quantity
                then 'usage_late'
            when
                differing.kind = 'usage'
                and differing.found_quantity != differing.expected_quantity
                and meter_differences.group_id is not null
                then 'meter_mismatch'
            when differing.status = 'missing' then 'line_missing'
            when differing.found_quantity != differing.expected_quantity then 'quantity_mismatch'
            else 'amount_mismatch'
        end as fault,
        1 as fault_number,
    from differing
    left join meter_differences
        on differing.group_id = meter_differences.group_id
    anti join steps
        on differing.group_id = steps.group_id

),

faults as (

    select * from single_faults
    union all by name
    select * exclude (
        has_late,
        metered_quantity,
        metered_minor,
        priced_minor,
        has_other_quantity,
        has_other_price
    )
    from several_faults
    where wanted_minor != found_minor

),

final as (

    select
        faults.*,
        meter_differences.meter_difference,
        meter_differences.meter_event_summary_ids,
        meter_differences.meter_windows,
    from faults
    left join meter_differences
        on faults.group_id = meter_differences.group_id

)

select * from final

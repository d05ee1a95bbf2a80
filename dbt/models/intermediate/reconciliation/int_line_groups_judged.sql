-- What is wrong with each line group that differs, told apart once for all categories: usage that
-- came too late, usage that Stripe's meter counted differently, another price, another quantity, or
-- just another amount. A group is judged only where its invoice is the one expected; what is wrong
-- with the invoice as a whole is not repeated here.

with

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
                'ours': windows.our_value::varchar,
                'stripe': windows.stripe_value::varchar
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

final as (

    select
        differing.*,
        meter_differences.meter_difference,
        meter_differences.meter_event_summary_ids,
        meter_differences.meter_windows,
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
    from differing
    left join meter_differences
        on differing.group_id = meter_differences.group_id

)

select * from final

-- What a change within a period gives back and charges, before it is priced: one row per licensed
-- item whose price or quantity changed, was added or removed (a credit for the old, a charge for
-- the new), and one credit per licensed item when the subscription is cancelled at once or its
-- periods start anew. In flexible billing a metered price that goes is one, too: its usage so far.
with

states as (

    select * from {{ ref('int_subscription_states') }}

),

items as (

    select * from {{ ref('int_subscription_item_states') }}

),

licensed_items as (

    select * from items
    where usage_type = 'licensed'

),

periods as (

    select * from {{ ref('int_billing_periods') }}
    where not is_trial

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

immediate_invoices as (

    select distinct
        invoices.subscription_id,
        instants.instant as starts_at,
    from invoices
    cross join unnest([invoices.created_at, invoices.period_start_at]) as instants (instant)
    where invoices.billing_reason = 'subscription_update'

),

-- The version that makes a change says how it is prorated; without it the invoices tell.
changes as (

    select
        states.subscription_id,
        states.state_number,
        states.valid_from as changed_at,
        states.billing_mode,
        states.proration_discounts,
        states.is_start_known,
        coalesce(
            states.proration_behavior,
            case when immediate_invoices.starts_at is not null then 'always_invoice' end,
            'create_prorations'
        ) as proration_behavior,
        periods.period_number,
        periods.period_start,
        periods.full_start,
        periods.period_end,
        periods.nominal_end,
        states.valid_from = periods.period_end as is_restart,
    from states
    inner join periods
        on states.subscription_id = periods.subscription_id
        and states.valid_from > periods.period_start
        and states.valid_from < periods.nominal_end
        and states.valid_from <= periods.period_end
    left join immediate_invoices
        on states.subscription_id = immediate_invoices.subscription_id
        and states.valid_from = immediate_invoices.starts_at
    where
        states.state_number > 1
        and states.valid_from < coalesce(states.service_end_at, {{ end_of_time() }})

),

credits as (

    select
        changes.*,
        case old_items.usage_type when 'metered' then 'usage' else 'proration_credit' end as kind,
        old_items.* exclude (subscription_id, state_number, valid_from, valid_to, discounts),
    from changes
    inner join items as old_items
        on changes.subscription_id = old_items.subscription_id
        and changes.state_number - 1 = old_items.state_number
    left join items as same
        on changes.subscription_id = same.subscription_id
        and changes.state_number = same.state_number
        and old_items.subscription_item_id = same.subscription_item_id
        and old_items.price_id = same.price_id
        and old_items.quantity = same.quantity
    where
        (same.subscription_item_id is null or changes.is_restart)
        and (
            old_items.usage_type = 'licensed'
            or (changes.billing_mode = 'flexible' and not changes.is_restart)
        )

),

-- When the periods start anew, the new period is charged in full and in advance like any other.
charges as (

    select
        changes.*,
        'proration_charge' as kind,
        new_items.* exclude (subscription_id, state_number, valid_from, valid_to, discounts),
    from changes
    inner join licensed_items as new_items
        on changes.subscription_id = new_items.subscription_id
        and changes.state_number = new_items.state_number
    left join licensed_items as same
        on changes.subscription_id = same.subscription_id
        and changes.state_number - 1 = same.state_number
        and new_items.subscription_item_id = same.subscription_item_id
        and new_items.price_id = same.price_id
        and new_items.quantity = same.quantity
    where same.subscription_item_id is null and not changes.is_restart

),

cancellations as (

    select
        states.subscription_id,
        states.state_number,
        states.service_end_at as changed_at,
        states.billing_mode,
        states.proration_discounts,
        true as is_start_known,
        coalesce(states.end_proration_behavior, 'none') as proration_behavior,
        periods.period_number,
        periods.period_start,
        periods.full_start,
        periods.period_end,
        periods.nominal_end,
        false as is_restart,
        'proration_credit' as kind,
        licensed_items.* exclude (subscription_id, state_number, valid_from, valid_to, discounts),
    from states
    inner join periods
        on states.subscription_id = periods.subscription_id
        and states.service_end_at > periods.period_start
        and states.service_end_at = periods.period_end
        and states.service_end_at < periods.nominal_end
    inner join licensed_items
        on states.subscription_id = licensed_items.subscription_id
        and states.state_number = licensed_items.state_number
    where
        states.service_end_at > states.valid_from
        and states.service_end_at <= states.valid_to

),

unioned as (

    select *, false as is_cancellation from credits
    where proration_behavior <> 'none'
    union all by name
    select *, false as is_cancellation from charges
    where proration_behavior <> 'none'
    union all by name
    select *, true as is_cancellation from cancellations
    where proration_behavior <> 'none'

),

-- Flexible billing gives back only what was charged in this period: in advance, or by an earlier
-- change. A stub that is not prorated was free.
first_charges as (

    select
        subscription_id,
        subscription_item_id,
        period_number,
        min(charged_at) as first_charged_at,
    from (
        select
            licensed_items.subscription_id,
            licensed_items.subscription_item_id,
            periods.period_number,
            periods.period_start as charged_at,
        from periods
        inner join licensed_items
            on periods.subscription_id = licensed_items.subscription_id
            and periods.period_start >= licensed_items.valid_from
            and periods.period_start < licensed_items.valid_to
        inner join states
            on periods.subscription_id = states.subscription_id
            and states.state_number = 1
        where
            not (
                periods.is_stub
                and periods.period_number = 1
                and coalesce(states.proration_behavior = 'none', false)
            )

        union all

        select
            subscription_id,
            subscription_item_id,
            period_number,
            changed_at as charged_at,
        from unioned
        where kind = 'proration_charge'
    )
    group by all

),

given_back as (

    select unioned.*
    from unioned
    left join first_charges
        on unioned.subscription_id = first_charges.subscription_id
        and unioned.subscription_item_id = first_charges.subscription_item_id
        and unioned.period_number = first_charges.period_number
    where
        unioned.billing_mode <> 'flexible'
        or unioned.kind <> 'proration_credit'
        or first_charges.first_charged_at < unioned.changed_at

),

final as (

    select
        subscription_id,
        customer_id,
        currency,
        subscription_item_id,
        item_created_at,
        item_position,
        price_id,
        product_id,
        billing_scheme,
        kind,
        quantity,
        billing_mode,
        proration_discounts,
        proration_behavior,
        is_cancellation,
        is_restart,
        case
            when is_start_known then not_computed_reason
            else {{ not_computed('change_unseen') }}
        end as not_computed_reason,
        period_number,
        period_start,
        full_start,
        changed_at,
        nominal_end,
    from given_back

)

select * from final

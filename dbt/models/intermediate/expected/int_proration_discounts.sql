{{ config(materialized='ephemeral') }}
-- Discounts in force at a change are inside its prorations. A percentage leaves a fraction of whole
-- numbers. An amount off is spread evenly over the credits, and over the charges, of the change;
-- flexible billing divides it among all items instead. One row per discounted charge of
-- `int_expected_charges` that is a proration: item, kind and instant.
with

charges as (

    select * from {{ ref('int_expected_charges') }}
    where kind in ('proration_credit', 'proration_charge')

),

discounts as (

    select * from {{ ref('int_subscription_discounts') }}

),

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

items as (

    select * from {{ ref('int_subscription_item_states') }}

),

-- `once` is used up by the first invoice made under it.
first_uses as (

    select
        discounts.discount_id,
        min(heads.due_at) as first_used_at,
    from discounts
    inner join heads
        on discounts.subscription_id = heads.subscription_id
        and heads.due_at >= discounts.start_at
    where discounts.duration = 'once'
    group by discounts.discount_id

),

items_discounted as (

    select
        discounts.subscription_id,
        discounts.state_number,
        discounts.position,
        count(*) as items,
    from discounts
    inner join items
        on discounts.subscription_id = items.subscription_id
        and discounts.state_number = items.state_number
        and (
            len(discounts.applies_to_products) = 0
            or list_contains(discounts.applies_to_products, items.product_id)
        )
    group by all

),

in_force as (

    select
        charges.subscription_item_id,
        charges.kind,
        charges.pending_since,
        charges.billing_mode,
        discounts.percent_off,
        discounts.amount_off_minor,
        if(
            charges.billing_mode = 'flexible', items_discounted.items, count(*) over change_side
        ) as shared_by,
        row_number() over (change_side order by charges.subscription_item_id) as leg_rank,
    from charges
    inner join discounts
        on charges.subscription_id = discounts.subscription_id
        and charges.pending_since >= discounts.valid_from
        and charges.pending_since < discounts.valid_to
        and charges.pending_since >= discounts.start_at
        and charges.pending_since < discounts.end_at
    left join items_discounted
        on discounts.subscription_id = items_discounted.subscription_id
        and discounts.state_number = items_discounted.state_number
        and discounts.position = items_discounted.position
    left join first_uses on discounts.discount_id = first_uses.discount_id
    where
        (
            len(discounts.applies_to_products) = 0
            or list_contains(discounts.applies_to_products, charges.product_id)
        )
        and (
            first_uses.first_used_at is null
            or charges.pending_since <= first_uses.first_used_at
        )
    window change_side as (
        partition by
            charges.subscription_id, charges.pending_since, charges.kind, discounts.discount_id
    )

),

final as (

    select
        subscription_item_id,
        kind,
        pending_since,
        list(cast((100 - percent_off) * 1000000 as hugeint)) filter (where percent_off is not null)
            as remaining_parts,
        sum(
            amount_off_minor // shared_by + if(leg_rank = 1, amount_off_minor % shared_by, 0)
        ) as amount_off_minor,
        bool_or(
            billing_mode = 'flexible' and amount_off_minor is not null and shared_by > 1
        ) as is_shared,
        count(*) > 1 and bool_or(amount_off_minor is not null) as is_stacked,
    from in_force
    group by subscription_item_id, kind, pending_since

)

select * from final

-- Everything an expected invoice charges or gives back, one row per line group to be, with its
-- quantity and still without a price: usage in arrears, licensed prices in advance, and prorations
-- that were pending or are due at once. Usage of periods that still run is here too, without an
-- invoice: what it has come to is asked for before it is billed.
with

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

usage as (

    select * from {{ ref('int_period_usage') }}

),

items as (

    select * from {{ ref('int_subscription_item_states') }}
    where usage_type = 'licensed'

),

legs as (

    select * from {{ ref('int_proration_legs') }}

),

usage_charges as (

    select
        usage.expected_invoice_id,
        usage.subscription_id,
        usage.customer_id,
        usage.currency,
        usage.subscription_item_id,
        usage.item_created_at,
        usage.item_position,
        usage.price_id,
        usage.product_id,
        usage.meter,
        'usage' as kind,
        -- flexible billing has periods of the items' own
        if(usage.is_flexible, usage.window_start, usage.period_start) as period_start,
        if(usage.is_flexible, usage.window_end, usage.period_end) as period_end,
        usage.pending_since,
        usage.window_start,
        -- a negative total bills as 0
        greatest(usage.quantity, 0) as quantity,
        greatest(usage.quantity_without_late, 0) as quantity_without_late,
        usage.not_computed_reason,
    from usage

),

recurring_charges as (

    select
        heads.expected_invoice_id,
        heads.subscription_id,
        heads.customer_id,
        heads.currency,
        items.subscription_item_id,
        items.item_created_at,
        items.item_position,
        items.price_id,
        items.product_id,
        'recurring' as kind,
        heads.advance_start as period_start,
        heads.advance_end as period_end,
        items.quantity,
        heads.is_advance_trial as is_free,
        case
            when heads.advance_start > heads.advance_full_start and not heads.is_advance_trial
                then heads.advance_full_start
        end as fraction_start,
        case
            when fraction_start is not null and items.billing_scheme = 'tiered'
                then {{ not_computed('tiered_proration') }}
            else items.not_computed_reason
        end as not_computed_reason,
    from heads
    inner join items
        on heads.subscription_id = items.subscription_id
        and heads.advance_start >= items.valid_from
        and heads.advance_start < items.valid_to
    where heads.advance_start is not null

),

-- Pending prorations go onto the subscription's next invoice, of whatever kind it is.
proration_charges as (

    select
        heads.expected_invoice_id,
        heads.subscription_id,
        heads.customer_id,
        heads.currency,
        legs.subscription_item_id,
        legs.item_created_at,
        legs.item_position,
        legs.price_id,
        legs.product_id,
        legs.kind,
        legs.changed_at as period_start,
        legs.nominal_end as period_end,
        legs.quantity,
        legs.full_start as fraction_start,
        legs.changed_at as pending_since,
        legs.billing_mode,
        case
            when legs.billing_scheme = 'tiered' then {{ not_computed('tiered_proration') }}
            when legs.billing_mode = 'flexible' and legs.proration_discounts = 'itemized'
                then {{ not_computed('itemized_proration') }}
            else legs.not_computed_reason
        end as not_computed_reason,
    from legs
    asof join heads
        on legs.subscription_id = heads.subscription_id
        and legs.changed_at <= heads.due_at
    -- flexible credits give back what was charged, which is only known once that is priced
    where
        legs.kind = 'proration_charge'
        or (legs.kind = 'proration_credit' and legs.billing_mode <> 'flexible')

),

charges as (

    select * from usage_charges
    union all by name
    select * from recurring_charges
    union all by name
    select * from proration_charges

),

final as (

    select
        expected_invoice_id,
        subscription_id,
        customer_id,
        currency,
        subscription_item_id,
        item_created_at,
        item_position,
        price_id,
        product_id,
        meter,
        kind,
        period_start,
        period_end,
        window_start,
        quantity,
        coalesce(quantity_without_late, quantity) as quantity_without_late,
        coalesce(is_free, false) as is_free,
        fraction_start,
        pending_since,
        billing_mode,
        not_computed_reason,
    from charges

)

select * from final

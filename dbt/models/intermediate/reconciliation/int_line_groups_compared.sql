-- Every line group, expected or billed, beside its counterpart. Groups pair up inside an invoice
-- and the expected invoice that it stands for: first by price and period, then what is left of one
-- price, which is billed for another period, or of one item and period, which is billed at another
-- price.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

expected_groups as (

    select * from {{ ref('int_expected_line_groups') }}

),

expected_invoices as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

matched_invoices as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

uncomputed_invoices as (

    select * from {{ ref('int_invoices_uncomputed') }}

),

billed_groups as (

    select * from {{ ref('int_invoice_line_groups') }}

),

duplicates as (

    select * from {{ ref('int_invoices_duplicated') }}

),

incomplete_invoices as (

    select * from {{ ref('int_invoices_incomplete') }}

),

-- the instants of a commitment's line are its item's own, so the contract alone pairs it
expected as (

    select
        *,
        {{ pairing_key('expected_groups') }} as kind_key,
        case when kind in ('usage', 'recurring') then 'item' else kind_key end as class_key,
        case when class_key = 'item' then subscription_item_id end as item_key,
        case when kind != 'commitment' then period_start end as start_key,
        case when kind != 'commitment' then period_end end as end_key,
        row_number() over (
            order by
                expected_invoice_id,
                kind,
                price_id,
                subscription_item_id,
                period_start,
                period_end,
                contract_id,
                amount_minor
        ) as expected_number,
    from expected_groups

),

billed as (

    select
        matched_invoices.expected_invoice_id,
        billed_groups.*,
        {{ pairing_key('billed_groups') }} as kind_key,
        case when billed_groups.kind in ('usage', 'recurring') then 'item' else kind_key end
            as class_key,
        billed_groups.subscription_item_id as item_key,
        case when billed_groups.kind != 'commitment' then billed_groups.period_start end
            as start_key,
        case when billed_groups.kind != 'commitment' then billed_groups.period_end end as end_key,
        row_number() over (
            order by
                billed_groups.invoice_id,
                billed_groups.kind,
                billed_groups.price_id,
                billed_groups.subscription_item_id,
                billed_groups.period_start,
                billed_groups.period_end,
                billed_groups.contract_id,
                billed_groups.amount_minor,
                billed_groups.proration_line_id
        ) as billed_number,
    from billed_groups
    left join matched_invoices
        on billed_groups.invoice_id = matched_invoices.invoice_id

),

by_price_and_period as (

    {{ paired_by('expected', 'billed', ['kind_key', 'price_id', 'start_key', 'end_key']) }}

),

expected_left as (

    select * from expected
    anti join by_price_and_period using (expected_number)

),

billed_left as (

    select * from billed
    anti join by_price_and_period using (billed_number)

),

by_price as (

    {{ paired_by('expected_left', 'billed_left', ['kind_key', 'price_id', 'item_key']) }}

),

expected_last as (

    select * from expected_left
    anti join by_price using (expected_number)

),

billed_last as (

    select * from billed_left
    anti join by_price using (billed_number)

),

-- prorations have no item here: their instant tells them apart
by_start as (

    {{ paired_by('expected_last', 'billed_last', ['class_key', 'item_key', 'start_key']) }}

),

pairs as (

    select * from by_price_and_period
    union all
    select * from by_price
    union all
    select * from by_start

),

counterparts as (

    select
        expected.*,
        pairs.billed_number,
    from expected
    left join pairs
        on expected.expected_number = pairs.expected_number

),

-- what an invoice bills besides could belong to a group, or an invoice, that is not computed: then
-- it is no fault
open_reasons as (

    select
        invoice_id,
        not_computed_reason as reason,
    from counterparts
    where billed_number is null

    union all

    select
        matched_invoices.invoice_id,
        expected_invoices.not_computed_reason as reason,
    from matched_invoices
    inner join expected_invoices
        on matched_invoices.expected_invoice_id = expected_invoices.expected_invoice_id

    union all

    select
        invoice_id,
        reason,
    from uncomputed_invoices

),

invoices_open as (

    select
        invoice_id,
        min(reason) as reason,
    from open_reasons
    where invoice_id is not null and reason is not null
    group by invoice_id

),

paired as (

    select
        counterparts.expected_invoice_id,
        coalesce(billed.invoice_id, counterparts.invoice_id) as invoice_id,
        counterparts.subscription_id,
        counterparts.customer_id,
        counterparts.subscription_item_id,
        counterparts.price_id as expected_price_id,
        billed.price_id as billed_price_id,
        counterparts.meter,
        counterparts.contract_id,
        counterparts.kind,
        counterparts.period_start,
        counterparts.period_end,
        counterparts.currency,
        counterparts.quantity as expected_quantity,
        counterparts.quantity_without_late,
        billed.quantity as billed_quantity,
        counterparts.amount_minor as expected_minor,
        billed.amount_minor as billed_minor,
        counterparts.rounding_ties,
        counterparts.derivation,
        billed.line_ids,
        coalesce(
            counterparts.not_computed_reason,
            case
                when incomplete_invoices.invoice_id is not null
                    then {{ not_computed('lines_missing') }}
            end
        ) as not_computed_reason,
        true as is_expected,
        billed.billed_number is not null as is_billed,
    from counterparts
    left join billed
        on counterparts.billed_number = billed.billed_number
    -- a group that is not among the lines that landed may be among those that did not
    left join incomplete_invoices
        on counterparts.invoice_id = incomplete_invoices.invoice_id

),

unpaired as (

    select
        billed.expected_invoice_id,
        billed.invoice_id,
        billed.subscription_id,
        billed.customer_id,
        billed.subscription_item_id,
        billed.price_id as billed_price_id,
        billed.contract_id,
        billed.kind,
        billed.period_start,
        billed.period_end,
        billed.currency,
        billed.quantity as billed_quantity,
        billed.amount_minor as billed_minor,
        billed.line_ids,
        case
            when not billed.is_complete then {{ not_computed('lines_missing') }}
            else invoices_open.reason
        end as not_computed_reason,
        false as is_expected,
        true as is_billed,
    from billed
    anti join counterparts
        on billed.billed_number = counterparts.billed_number
    left join invoices_open
        on billed.invoice_id = invoices_open.invoice_id

),

groups as (

    select * from paired
    union all by name
    select * from unpaired

),

final as (

    select
        groups.*,
        row_number() over () as group_id,
        coalesce(groups.expected_price_id, groups.billed_price_id) as price_id,
        invoices.status as invoice_status,
        invoices.finalized_at,
        invoices.billing_reason,
        duplicates.first_invoice_id,
        case
            when groups.not_computed_reason is not null then 'not_computed'
            when groups.kind = 'manual' then 'manual'
            when not groups.is_expected and duplicates.first_invoice_id is not null
                then 'unexpected'
            when not groups.is_expected and groups.expected_invoice_id is null then 'unexpected'
            when not groups.is_expected and groups.billed_minor = 0 then 'matched'
            when not groups.is_expected then 'unexpected'
            when not groups.is_billed and groups.expected_minor = 0 then 'matched'
            when not groups.is_billed then 'missing'
            when groups.expected_minor = groups.billed_minor then 'matched'
            else 'mismatched'
        end as status,
    from groups
    left join invoices
        on groups.invoice_id = invoices.invoice_id
    left join duplicates
        on groups.invoice_id = duplicates.invoice_id
    left join expected_invoices
        on groups.expected_invoice_id = expected_invoices.expected_invoice_id
    cross join parameters
    where
        -- an invoice that may still come is not missing yet
        groups.invoice_id is not null
        or expected_invoices.due_at
        + to_hours(parameters.invoice_missing_grace_hours) <= parameters.as_of

)

select * from final

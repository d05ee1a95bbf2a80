-- What each discount takes off each line: in the order they are stacked, percentages rounded line
-- by line, amounts split in proportion over the discountable lines above 0, truncated, the
-- remainder to the largest. The same for the lines that invoices really have.
with recursive

parts as (

    select
        expected_invoice_id,
        part_number,
        product_id,
        is_discountable,
        amount_minor,
    from {{ ref('int_expected_line_parts') }}

    union all by name

    select
        expected_invoice_id,
        line_number as part_number,
        product_id,
        is_discountable,
        amount_minor,
    from {{ ref('int_lines_as_billed') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

discounts as (

    select * from {{ ref('int_subscription_discounts') }}

),

invoices as (

    select
        heads.expected_invoice_id,
        heads.subscription_id,
        coalesce(matched.created_at, heads.due_at) as created_at,
    from heads
    left join matched on heads.expected_invoice_id = matched.expected_invoice_id

),

in_force as (

    select
        invoices.expected_invoice_id,
        invoices.created_at,
        discounts.position,
        discounts.discount_id,
        discounts.coupon_id,
        discounts.duration,
        discounts.percent_off,
        discounts.amount_off_minor,
        discounts.applies_to_products,
        discounts.is_known,
        -- `once` is used up by the first invoice that is made under it
        row_number() over (
            partition by discounts.discount_id
            order by invoices.created_at, invoices.expected_invoice_id
        ) as use_number,
    from invoices
    inner join discounts
        on invoices.subscription_id = discounts.subscription_id
        and invoices.created_at >= discounts.valid_from
        and invoices.created_at < discounts.valid_to
    where
        not discounts.is_known
        or (invoices.created_at >= discounts.start_at and invoices.created_at < discounts.end_at)

),

stacked_once as (

    select
        in_force.*,
        parameters.rounding_mode,
        parameters.amount_off_remainder,
        row_number() over (
            partition by in_force.expected_invoice_id order by in_force.position
        ) as step,
    from in_force
    cross join parameters
    where in_force.is_known and (in_force.duration <> 'once' or in_force.use_number = 1)

),

stacked as (

    select * from stacked_once

    union all

    select * replace ({{ as_billed('expected_invoice_id') }} as expected_invoice_id)
    from stacked_once

),

discounted as (

    select
        parts.expected_invoice_id,
        parts.part_number,
        parts.product_id,
        greatest(parts.amount_minor, 0) as remaining_minor,
        0 as step,
        cast(null as varchar) as discount_id,
        cast(null as varchar) as coupon_id,
        cast(0 as bigint) as discount_minor,
        cast(null as decimal(9, 6)) as percent_off,
        false as is_rounding_tie,
        false as is_remainder,
    from parts
    where
        parts.is_discountable
        and parts.amount_minor > 0
        and parts.expected_invoice_id in (select stacked.expected_invoice_id from stacked)

    union all

    select
        shares.expected_invoice_id,
        shares.part_number,
        shares.product_id,
        shares.remaining_minor - shares.discount_minor as remaining_minor,
        shares.step,
        shares.discount_id,
        shares.coupon_id,
        shares.discount_minor,
        shares.percent_off,
        shares.is_rounding_tie,
        shares.discount_minor > shares.share_minor and shares.percent_off is null as is_remainder,
    from (
        select
            split.*,
            case
                when split.percent_off is not null then {{ round_minor('split.exact_minor') }}
                else split.share_minor + case
                    when split.size_rank = 1
                        then split.off_minor - sum(split.share_minor) over (
                            partition by split.expected_invoice_id
                        )
                    else 0
                end
            end::bigint as discount_minor,
            split.percent_off is not null
            and {{ is_rounding_tie('split.exact_minor') }} as is_rounding_tie,
        from (
            select
                based.*,
                least(based.amount_off_minor, based.base_minor) as off_minor,
                coalesce(
                    cast(least(based.amount_off_minor, based.base_minor) as hugeint)
                    * based.eligible_minor // nullif(based.base_minor, 0), 0
                )::bigint as share_minor,
                cast(based.eligible_minor as decimal(26, 0)) * based.percent_off * 0.01
                    as exact_minor,
                row_number() over (
                    partition by based.expected_invoice_id
                    order by
                        case
                            when based.amount_off_remainder = 'last_line' then based.part_number
                            else based.eligible_minor
                        end desc,
                        based.part_number
                ) as size_rank,
            from (
                select
                    eligible.*,
                    sum(eligible.eligible_minor) over (
                        partition by eligible.expected_invoice_id
                    )::bigint as base_minor,
                from (
                    select
                        discounted.expected_invoice_id,
                        discounted.part_number,
                        discounted.product_id,
                        discounted.remaining_minor,
                        stacked.step,
                        stacked.discount_id,
                        stacked.coupon_id,
                        stacked.percent_off,
                        stacked.amount_off_minor,
                        stacked.rounding_mode,
                        stacked.amount_off_remainder,
                        case
                            when len(stacked.applies_to_products) = 0
                                or list_contains(stacked.applies_to_products, discounted.product_id)
                                then discounted.remaining_minor
                            else 0
                        end as eligible_minor,
                    from discounted
                    inner join stacked
                        on discounted.expected_invoice_id = stacked.expected_invoice_id
                        and discounted.step + 1 = stacked.step
                ) as eligible
            ) as based
        ) as split
    ) as shares

),

unknown as (

    select distinct expected_invoice_id
    from in_force
    where not is_known

),

final as (

    select
        expected_invoice_id,
        part_number,
        step,
        discount_id,
        coupon_id,
        discount_minor,
        percent_off,
        is_rounding_tie,
        is_remainder,
        cast(null as varchar) as not_computed_reason,
    from discounted
    where step > 0 and discount_minor <> 0

    union all

    select
        expected_invoice_id,
        null as part_number,
        null as step,
        null as discount_id,
        null as coupon_id,
        null as discount_minor,
        null as percent_off,
        null as is_rounding_tie,
        null as is_remainder,
        {{ not_computed('discount_unknown') }} as not_computed_reason,
    from unknown

)

select * from final

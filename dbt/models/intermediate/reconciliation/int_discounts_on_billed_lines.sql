{{ config(materialized='ephemeral') }}

-- What the one coupon in force takes off an invoice's lines as they were billed, wrong as they may
-- be: beside a wrong line, a discount that fits the line is no fault of its own.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

totals as (

    select * from {{ ref('int_expected_invoice_totals') }}

),

expected_discounts as (

    select * from {{ ref('int_expected_discounts') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

-- how several coupons stack on other lines than those expected is not worked out here
single_discounts as (

    select
        expected_invoice_id,
        any_value(percent_off) as percent_off,
    from expected_discounts
    where discount_id is not null
    group by expected_invoice_id
    having count(distinct discount_id) = 1

),

final as (

    select
        totals.invoice_id,
        count(*) as lines,
        case
            when any_value(single_discounts.percent_off) is null
                then
                    least(
                        any_value(totals.expected_discount_minor), sum(lines.amount_minor)
                    )
            else
                sum({{ round_minor(
                    'cast(lines.amount_minor as decimal(18, 0))'
                    ' * single_discounts.percent_off * 0.01',
                    'parameters.rounding_mode'
                ) }})
        end::bigint as discount_minor,
    from totals
    cross join parameters
    inner join single_discounts
        on totals.expected_invoice_id = single_discounts.expected_invoice_id
    inner join lines
        on totals.invoice_id = lines.invoice_id
    where
        totals.expected_discount_minor != totals.billed_discount_minor
        and lines.amount_minor > 0
        and not lines.is_proration
        and len(lines.discount_amounts) > 0
    group by totals.invoice_id

)

select * from final

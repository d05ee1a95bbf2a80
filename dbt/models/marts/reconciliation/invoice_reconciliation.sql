with

groups as (

    select * from {{ ref('int_line_groups_compared') }}

),

-- of several faults of one group the one nearest to the root
judged as (

    select * from {{ ref('int_line_groups_judged') }}
    qualify row_number() over (partition by group_id order by fault_number) = 1

),

final as (

    select
        groups.expected_invoice_id,
        groups.invoice_id,
        groups.customer_id,
        groups.subscription_id,
        groups.subscription_item_id,
        groups.price_id,
        case
            when groups.billed_price_id != groups.expected_price_id then groups.billed_price_id
        end as billed_price_id,
        groups.meter,
        groups.contract_id,
        groups.kind,
        groups.status,
        case
            when groups.status = 'not_computed' then groups.not_computed_reason
            when groups.status = 'unexpected' and groups.first_invoice_id is not null
                then 'invoice_duplicate'
            when groups.status = 'unexpected' and groups.expected_invoice_id is null
                then 'invoice_unexpected'
            when groups.status = 'missing' and groups.invoice_id is null then 'invoice_missing'
            else judged.fault
        end as reason,
        groups.currency,
        groups.expected_quantity::decimal(38, 12) as expected_quantity,
        groups.billed_quantity::decimal(38, 12) as billed_quantity,
        groups.expected_minor,
        groups.billed_minor as actual_minor,
        case
            when groups.status != 'not_computed'
                then coalesce(groups.expected_minor, 0) - coalesce(groups.billed_minor, 0)
        end as difference_minor,
        groups.period_start,
        groups.period_end,
    from groups
    left join judged
        on groups.group_id = judged.group_id

)

select * from final

{{ config(materialized='view') }}

-- Where else each finding's money shows, level by level. The line and the invoice level each add up
-- to the impact; the payment level to what of it reached the invoice's total; a payment's tie-outs
-- to the impact again. Over all findings, the shares at one place add up to that place's difference.

with

findings as (

    select * from {{ ref('int_discrepancies_identified') }}

),

totals as (

    select * from {{ ref('int_expected_invoice_totals') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

groups as (

    select * from {{ ref('int_line_groups_compared') }}

),

tie_outs_explained as (

    select * from {{ ref('int_tie_outs_explained') }}

),

-- what comes before credit grants on an invoice: its lines, and a discount that is wrong itself
on_invoices as (

    select
        *,
        kind != 'discount_mismatch' as is_line,
    from findings
    where
        invoice_id is not null
        and impact_minor != 0
        and (
            category = 'lines'
            or kind in (
                'usage_late', 'meter_mismatch', 'commitment_shortfall', 'discount_mismatch'
            )
        )

),

-- what is not computed, or was put there by hand, is discounted too
invoices_with_other_lines as (

    select distinct invoice_id
    from groups
    where status in ('not_computed', 'manual') and invoice_id is not null

),

-- discounts and credits move with wrong lines up to what is due on the lines as they are; the rest is
-- a finding of its own
moved as (

    select
        totals.invoice_id,
        any_value(totals.expected_discount_minor) - coalesce(
            -max(findings.expected_minor) filter (where findings.kind = 'discount_mismatch'),
            any_value(totals.billed_discount_minor)
        ) as discount_minor,
        case
            when any_value(invoices.finalized_at) is null then 0
            else
                any_value(totals.expected_credit_grants_minor) - coalesce(
                    -max(findings.expected_minor) filter (
                        where findings.kind = 'credit_grant_mismatch'
                    ),
                    any_value(totals.billed_credit_grants_minor)
                )
        end as credit_grants_minor,
    from totals
    inner join invoices
        on totals.invoice_id = invoices.invoice_id
    inner join findings
        on totals.invoice_id = findings.invoice_id
    anti join invoices_with_other_lines
        on totals.invoice_id = invoices_with_other_lines.invoice_id
    where
        totals.expected_invoice_id is not null
        and totals.not_computed_reason is null
        and totals.is_complete
    group by totals.invoice_id

),

-- several of an invoice share it in proportion, what remains goes to the largest
weighed as (

    select
        on_invoices.discrepancy_id,
        on_invoices.invoice_id,
        on_invoices.price_id,
        on_invoices.impact_minor,
        on_invoices.is_line,
        coalesce(moved.discount_minor, 0) as moved_discount_minor,
        coalesce(moved.credit_grants_minor, 0) as moved_credits_minor,
        abs(on_invoices.impact_minor)::hugeint as weight,
        case when on_invoices.is_line then weight else 0 end as line_weight,
        coalesce(
            line_weight * moved_discount_minor // nullif(sum(line_weight) over by_invoice, 0), 0
        )::bigint as discount_part_minor,
        (weight * moved_credits_minor // sum(weight) over by_invoice)::bigint
            as credits_part_minor,
        row_number() over (
            partition by on_invoices.invoice_id
            order by line_weight desc, on_invoices.discrepancy_id
        ) as line_place,
        row_number() over (
            partition by on_invoices.invoice_id order by weight desc, on_invoices.discrepancy_id
        ) as place,
    from on_invoices
    left join moved
        on on_invoices.invoice_id = moved.invoice_id
    window by_invoice as (partition by on_invoices.invoice_id)

),

shared as (

    select
        *,
        discount_part_minor + case
            when is_line and line_place = 1
                then moved_discount_minor - sum(discount_part_minor) over by_invoice
            else 0
        end::bigint as discount_share_minor,
        credits_part_minor + case
            when place = 1 then moved_credits_minor - sum(credits_part_minor) over by_invoice
            else 0
        end::bigint as credits_share_minor,
        impact_minor - discount_share_minor - credits_share_minor as total_share_minor,
    from weighed
    window by_invoice as (partition by invoice_id)

),

in_lines as (

    select
        discrepancy_id,
        1 as level_number,
        'line' as level,
        'invoice_line' as shows_in,
        coalesce(price_id, invoice_id) as id,
        impact_minor as minor,
    from shared
    where is_line

),

in_invoices as (

    select
        discrepancy_id,
        2 as level_number,
        'invoice' as level,
        unnest(['invoice_total', 'invoice_discounts', 'invoice_credit_grants']) as shows_in,
        invoice_id as id,
        unnest([total_share_minor, discount_share_minor, credits_share_minor]) as minor,
    from shared

    union all

    select
        discrepancy_id,
        2 as level_number,
        'invoice' as level,
        'invoice_total' as shows_in,
        invoice_id as id,
        impact_minor as minor,
    from findings
    where
        kind in (
            'credit_grant_mismatch', 'total_mismatch', 'invoice_duplicate', 'invoice_unexpected'
        )

    union all

    select
        discrepancy_id,
        2 as level_number,
        'invoice' as level,
        unnest(['invoice_lines', 'invoice_discounts', 'invoice_credit_grants']) as shows_in,
        evidence ->> '$.expected_invoice_id' as id,
        unnest([
            (evidence ->> '$.subtotal_minor')::bigint,
            -(evidence ->> '$.discount_minor')::bigint,
            -(evidence ->> '$.credit_grants_minor')::bigint
        ]) as minor,
    from findings
    where kind = 'invoice_missing'

),

-- what a void invoice states is asked of nobody
in_payments as (

    select
        in_invoices.discrepancy_id,
        3 as level_number,
        'payment' as level,
        case when invoices.status = 'paid' then 'amount_paid' else 'amount_due' end as shows_in,
        in_invoices.id,
        in_invoices.minor,
    from in_invoices
    inner join invoices
        on in_invoices.id = invoices.invoice_id
    where
        in_invoices.shows_in = 'invoice_total'
        and invoices.status != 'void'

    union all

    select
        findings.discrepancy_id,
        3 as level_number,
        'payment' as level,
        case when invoices.status = 'paid' then 'amount_paid' else 'amount_due' end as shows_in,
        findings.invoice_id as id,
        findings.impact_minor as minor,
    from findings
    inner join invoices
        on findings.invoice_id = invoices.invoice_id
    where
        findings.kind = 'balance_mismatch'
        and invoices.status != 'void'

    union all

    select
        discrepancy_id,
        3 as level_number,
        'payment' as level,
        'uncollected' as shows_in,
        coalesce(invoice_id, evidence ->> '$.expected_invoice_id') as id,
        impact_minor as minor,
    from findings
    where kind in ('invoice_missing', 'invoice_stuck', 'dunning_stalled')

),

in_tie_outs as (

    select
        findings.discrepancy_id,
        4 as level_number,
        'tie_out' as level,
        tie_outs_explained.account as shows_in,
        tie_outs_explained.scope as id,
        tie_outs_explained.share_minor as minor,
    from findings
    inner join tie_outs_explained
        on
            findings.kind = tie_outs_explained.kind
            and findings.invoice_id is not distinct from tie_outs_explained.invoice_id
            and findings.object_id is not distinct from tie_outs_explained.object_id

),

consequences as (

    select * from in_lines
    union all
    select * from in_invoices
    union all
    select * from in_payments
    union all
    select * from in_tie_outs

),

final as (

    select
        discrepancy_id,
        list(
            {'level': level, 'shows_in': shows_in, 'id': id, 'minor': minor}
            order by level_number, shows_in, id
        ) as consequences,
    from consequences
    where minor != 0
    group by discrepancy_id

)

select * from final

-- Lines that are missing, superfluous or wrong, and prorations. Two groups of one invoice and price
-- with the same fault (the price stands on two items, for one) are one finding.

with

groups as (

    select * from {{ ref('int_line_groups_judged') }}

),

all_groups as (

    select * from {{ ref('int_line_groups_compared') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

faults as (

    select
        fault as kind,
        invoice_id,
        case
            when fault = 'price_mismatch' then billed_price_id
            else coalesce(expected_price_id, billed_price_id)
        end as price_id,
        any_value(expected_invoice_id) as expected_invoice_id,
        any_value(customer_id) as customer_id,
        any_value(subscription_id) as subscription_id,
        any_value(meter) as meter,
        min(period_start) as period_start,
        any_value(currency) as currency,
        any_value(invoice_status) as invoice_status,
        sum(wanted_minor)::bigint as expected_minor,
        sum(found_minor)::bigint as actual_minor,
        sum(coalesce(expected_quantity, 0)) as expected_quantity,
        sum(found_quantity) as found_quantity,
        max(expected_price_id) as subscribed_price_id,
        list({
            'group': kind,
            'subscription_item_id': subscription_item_id,
            'period_start': period_start,
            'period_end': period_end,
            'expected_quantity': {{ format_quantity('expected_quantity') }},
            'billed_quantity': {{ format_quantity('billed_quantity') }},
            'expected_minor': expected_minor,
            'billed_minor': billed_minor,
            'rounding_ties': rounding_ties,
            'line_ids': line_ids,
            'derivation': derivation
        } order by period_start, subscription_item_id) as groups,
    from groups
    where
        fault in (
            'line_missing', 'line_unexpected', 'price_mismatch', 'quantity_mismatch',
            'amount_mismatch'
        )
    group by 1, 2, 3

),

line_rows as (

    select
        {{ discrepancy(
            kind='faults.kind',
            customer_id='faults.customer_id',
            subscription_id='faults.subscription_id',
            invoice_id='faults.invoice_id',
            price_id='faults.price_id',
            meter='faults.meter',
            period_start='faults.period_start',
            currency='faults.currency',
            expected_minor='faults.expected_minor',
            actual_minor='faults.actual_minor',
            stage=stage_of_invoice('faults.invoice_status'),
            detail="case faults.kind
                when 'price_mismatch'
                    then coalesce(subscribed_prices.nickname, faults.subscribed_price_id)
                when 'quantity_mismatch'
                    then " ~ format_quantity('faults.found_quantity') ~ " || ' instead of '
                        || " ~ format_quantity('faults.expected_quantity') ~ " || ' units'
                when 'amount_mismatch'
                    then " ~ format_quantity('faults.expected_quantity') ~ " || ' units'
            end",
            evidence="to_json({
                'expected_invoice_id': faults.expected_invoice_id,
                'subscribed_price_id': faults.subscribed_price_id,
                'groups': faults.groups
            })",
        ) }}
    from faults
    left join prices as subscribed_prices
        on faults.subscribed_price_id = subscribed_prices.price_id

),

-- all prorations of an invoice are one matter: the figures are their net
faulty_prorations as (

    select
        invoice_id,
        bool_or(status = 'missing') as is_missing,
    from groups
    where fault = 'proration'
    group by invoice_id

),

prorations as (

    select
        all_groups.invoice_id,
        any_value(all_groups.expected_invoice_id) as expected_invoice_id,
        any_value(all_groups.customer_id) as customer_id,
        any_value(all_groups.subscription_id) as subscription_id,
        min(all_groups.period_start) as period_start,
        any_value(all_groups.currency) as currency,
        any_value(all_groups.invoice_status) as invoice_status,
        bool_or(faulty_prorations.is_missing) as is_missing,
        sum(coalesce(all_groups.expected_minor, 0))::bigint as expected_minor,
        sum(coalesce(all_groups.billed_minor, 0))::bigint as actual_minor,
        count(*) as legs,
        count(*) filter (
            where all_groups.status = 'missing' and all_groups.kind = 'proration_credit'
        ) as missing_credits,
        count(*) filter (
            where all_groups.status = 'missing' and all_groups.kind = 'proration_charge'
        ) as missing_charges,
        list({
            'group': all_groups.kind,
            'price_id': all_groups.price_id,
            'period_start': all_groups.period_start,
            'period_end': all_groups.period_end,
            'expected_minor': all_groups.expected_minor,
            'billed_minor': all_groups.billed_minor,
            'line_ids': all_groups.line_ids,
            'derivation': all_groups.derivation
        } order by all_groups.period_start, all_groups.kind, all_groups.price_id) as groups,
    from all_groups
    inner join faulty_prorations
        on all_groups.invoice_id = faulty_prorations.invoice_id
    where all_groups.kind in ('proration_credit', 'proration_charge')
    group by all_groups.invoice_id
    having bool_and(all_groups.status != 'not_computed')

),

proration_rows as (

    select
        {{ discrepancy(
            kind="case when is_missing then 'proration_missing' else 'proration_mismatch' end",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            period_start='period_start',
            currency='currency',
            expected_minor='expected_minor',
            actual_minor='actual_minor',
            stage=stage_of_invoice('invoice_status'),
            detail="case
                when missing_credits > 0 and missing_charges > 0 then 'credit and charge'
                when missing_credits > 0 then 'the credit for the old item'
                when missing_charges > 0 then 'the charge for the new item'
                else legs::varchar || ' prorations'
            end",
            evidence="to_json({
                'expected_invoice_id': expected_invoice_id,
                'groups': groups
            })",
        ) }}
    from prorations
    where expected_minor != actual_minor

),

final as (

    select * from line_rows
    where impact_minor != 0
    union all
    select * from proration_rows

)

select * from final

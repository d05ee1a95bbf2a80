-- What each credit grant pays of each line: grants in their order (priority, expiry, promotional
-- before paid, effective, created), lines in theirs, after discounts; metered lines, or those of the
-- prices that the grant names. What a grant had left is what
-- Stripe's own transactions say had been left before this invoice was finalized, or was due where
-- it never came. The same for the lines that invoices really have, after their own discounts.
with recursive

lines as (

    select * from {{ ref('int_expected_lines') }}

),

lines_as_billed as (

    select * from {{ ref('int_lines_as_billed') }}

),

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

discounts as (

    select * from {{ ref('int_expected_discounts') }}

),

grants as (

    select * from {{ ref('int_credit_grants_current') }}

),

transactions as (

    select * from {{ ref('int_credit_balance_transactions_current') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

eligible as (

    select
        heads.expected_invoice_id,
        matched.invoice_id,
        case
            when matched.invoice_id is null then least(heads.due_at, parameters.as_of)
            else coalesce(matched.finalized_at, parameters.as_of)
        end as finalized_at,
        grants.*,
    from heads
    cross join parameters
    left join matched on heads.expected_invoice_id = matched.expected_invoice_id
    inner join grants
        on heads.customer_id = grants.customer_id
        and heads.currency = grants.currency
        and grants.effective_at <= heads.period_end
        and (grants.expires_at is null or grants.expires_at > heads.period_end)

),

balances as (

    select
        eligible.expected_invoice_id,
        eligible.credit_grant_id,
        coalesce(cast(sum(
            case
                when transactions.transaction_type = 'credit' then transactions.amount_minor
                else -transactions.amount_minor
            end
        ) as bigint), any_value(eligible.amount_minor)) as available_minor,
    from eligible
    left join transactions
        on eligible.credit_grant_id = transactions.credit_grant_id
        and coalesce(transactions.effective_at, transactions.created_at) <= eligible.finalized_at
        and transactions.invoice_id is distinct from eligible.invoice_id
    where eligible.voided_at is null or eligible.voided_at > eligible.finalized_at
    group by all

),

queued_once as (

    select
        eligible.expected_invoice_id,
        eligible.credit_grant_id,
        coalesce(eligible.applicable_price_ids, []) as applicable_price_ids,
        balances.available_minor,
        row_number() over (
            partition by eligible.expected_invoice_id
            order by
                coalesce(eligible.priority, 50),
                coalesce(eligible.expires_at, {{ end_of_time() }}),
                eligible.category <> 'promotional',
                eligible.effective_at,
                eligible.created_at,
                eligible.credit_grant_id
        ) as step,
    from eligible
    inner join balances
        on eligible.expected_invoice_id = balances.expected_invoice_id
        and eligible.credit_grant_id = balances.credit_grant_id
    where balances.available_minor > 0

),

queued as (

    select * from queued_once

    union all

    select * replace ({{ as_billed('expected_invoice_id') }} as expected_invoice_id)
    from queued_once

),

line_discounts as (

    select
        expected_invoice_id,
        part_number,
        sum(discount_minor)::bigint as discount_minor,
    from discounts
    group by all

),

creditable as (

    select
        lines.expected_invoice_id,
        lines.line_number,
        lines.price_id,
        lines.is_metered,
        lines.amount_minor - coalesce(line_discounts.discount_minor, 0) as remaining_minor,
    from lines
    left join line_discounts
        on lines.expected_invoice_id = line_discounts.expected_invoice_id
        and lines.part_number = line_discounts.part_number
    where lines.is_metered or lines.is_discountable

    union all

    select
        expected_invoice_id,
        line_number,
        price_id,
        is_metered,
        after_discounts_minor as remaining_minor,
    from lines_as_billed
    where is_metered or is_discountable

),

credited as (

    select
        expected_invoice_id,
        line_number,
        price_id,
        is_metered,
        remaining_minor,
        0 as step,
        cast(null as varchar) as credit_grant_id,
        cast(0 as bigint) as credit_minor,
    from creditable
    where
        remaining_minor > 0
        and expected_invoice_id in (select queued.expected_invoice_id from queued)

    union all

    select
        applied.expected_invoice_id,
        applied.line_number,
        applied.price_id,
        applied.is_metered,
        applied.remaining_minor - applied.credit_minor as remaining_minor,
        applied.step,
        applied.credit_grant_id,
        applied.credit_minor,
    from (
        select
            open_lines.*,
            least(
                open_lines.eligible_minor,
                greatest(
                    open_lines.available_minor - coalesce(sum(open_lines.eligible_minor) over (
                        partition by open_lines.expected_invoice_id
                        order by open_lines.line_number
                        rows between unbounded preceding and 1 preceding
                    ), 0),
                    0
                )
            )::bigint as credit_minor,
        from (
            select
                credited.expected_invoice_id,
                credited.line_number,
                credited.price_id,
                credited.is_metered,
                credited.remaining_minor,
                queued.step,
                queued.credit_grant_id,
                queued.available_minor,
                case
                    when len(queued.applicable_price_ids) = 0
                        then if(credited.is_metered, credited.remaining_minor, 0)
                    when list_contains(queued.applicable_price_ids, credited.price_id)
                        then credited.remaining_minor
                    else 0
                end as eligible_minor,
            from credited
            inner join queued
                on credited.expected_invoice_id = queued.expected_invoice_id
                and credited.step + 1 = queued.step
        ) as open_lines
    ) as applied

),

final as (

    select
        expected_invoice_id,
        line_number,
        step,
        credit_grant_id,
        credit_minor,
    from credited
    where step > 0 and credit_minor > 0

)

select * from final

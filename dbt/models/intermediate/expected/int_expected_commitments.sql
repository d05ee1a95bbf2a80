-- The true-up of a commitment: what was promised for a period less what was rated for it (usage,
-- and the recurring charge that was invoiced in advance for it; no prorations; before discounts and
-- credits), where that is less.
with

contracts as (

    select * from {{ ref('stg_contracts__contracts') }}

),

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}
    where arrears_end is not null

),

periods as (

    select * from {{ ref('int_billing_periods') }}
    where not is_trial

),

item_states as (

    select * from {{ ref('int_subscription_item_states') }}

),

parts as (

    select * from {{ ref('int_expected_line_parts') }}

),

amendments as (

    select
        *,
        lead(starts_at) over (partition by contract_id order by starts_at) as next_starts_at,
    from contracts

),

-- A contract stands for one subscription: the customer's that has most of what was sold, then the
-- oldest; one with nothing of this contract and something of another is the other's.
fits as (

    select
        amendments.contract_id,
        item_states.subscription_id,
        count(distinct item_states.price_id) filter (
            where list_contains(
                list_transform(amendments.items, lambda item: item.price_id), item_states.price_id
            )
        ) as shared_prices,
        min(item_states.valid_from) as first_seen_at,
    from amendments
    inner join item_states
        on amendments.customer_id = item_states.customer_id
        and amendments.currency = item_states.currency
    group by amendments.contract_id, item_states.subscription_id
    qualify
        shared_prices > 0
        or max(shared_prices) over (partition by item_states.subscription_id) = 0

),

chosen as (

    select contract_id, subscription_id
    from fits
    qualify row_number() over (
        partition by contract_id order by shared_prices desc, first_seen_at, subscription_id
    ) = 1

),

-- First compared at the end of the first full period: one that began under the contract.
due as (

    select
        heads.expected_invoice_id,
        heads.subscription_id,
        heads.customer_id,
        heads.currency,
        heads.arrears_start as period_start,
        heads.arrears_end as period_end,
        amendments.contract_id,
        amendments.commitment_amount_minor,
        case
            when
                coalesce(amendments.commitment_interval, periods.interval_unit)
                <> periods.interval_unit
                or coalesce(amendments.commitment_interval_count, 1) <> periods.interval_count
                then {{ not_computed('commitment_interval') }}
        end as not_computed_reason,
    from heads
    inner join periods
        on heads.subscription_id = periods.subscription_id
        and heads.arrears_start = periods.period_start
    inner join chosen on heads.subscription_id = chosen.subscription_id
    inner join amendments
        on chosen.contract_id = amendments.contract_id
        and amendments.starts_at <= heads.arrears_start
        and (amendments.next_starts_at is null or amendments.next_starts_at > heads.arrears_start)
        and (amendments.ends_at is null or amendments.ends_at >= heads.arrears_end)
    where
        amendments.commitment_amount_minor is not null
        and not periods.is_stub
        and periods.period_end = periods.nominal_end

),

rated as (

    select
        due.expected_invoice_id,
        due.contract_id,
        cast(sum(parts.amount_minor) as bigint) as rated_minor,
        min(parts.not_computed_reason) as not_computed_reason,
    from due
    inner join parts
        on due.subscription_id = parts.subscription_id
        and due.period_start <= parts.period_start
        and due.period_end >= parts.period_end
        and parts.kind in ('usage', 'recurring')
    group by all

),

final as (

    select
        due.expected_invoice_id,
        due.subscription_id,
        due.customer_id,
        due.currency,
        due.contract_id,
        due.period_start,
        due.period_end,
        due.commitment_amount_minor,
        coalesce(rated.rated_minor, 0) as rated_minor,
        coalesce(due.not_computed_reason, rated.not_computed_reason) as not_computed_reason,
        case
            when coalesce(due.not_computed_reason, rated.not_computed_reason) is null
                then due.commitment_amount_minor - coalesce(rated.rated_minor, 0)
        end as shortfall_minor,
    from due
    left join rated
        on due.expected_invoice_id = rated.expected_invoice_id
        and due.contract_id = rated.contract_id

)

select * from final
where shortfall_minor > 0 or not_computed_reason is not null

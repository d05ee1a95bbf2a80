-- What usage may name as its customer, and who that is when. A Stripe customer id is itself, also where only a
-- subscription or a contract names it (Stripe does not list deleted customers). An account id is the
-- customer of the contract in force; where an account had one customer only, it is that one at all times, and between
-- contracts it stays with the last. Several at one time are ambiguous.
with

customers as (

    select * from {{ ref('int_customers_current') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_current') }}

),

contracts as (

    select distinct
        contract_id,
        account_id,
        customer_id,
        starts_at,
        coalesce(ends_at, {{ end_of_time() }}) as ends_at,
    from {{ ref('stg_contracts__contracts') }}

),

amended as (

    select
        * replace (
            least(
                ends_at,
                coalesce(
                    min(starts_at) over (
                        partition by contract_id
                        order by starts_at
                        range between interval 1 microsecond following and unbounded following
                    ),
                    {{ end_of_time() }}
                )
            ) as ends_at
        ),
    from contracts

),

customer_ids as (

    select customer_id from customers
    union
    select customer_id from subscriptions
    union
    select customer_id from amended
    where customer_id is not null

),

accounts as (

    select
        amended.account_id,
        amended.customer_id,
        amended.starts_at,
        amended.ends_at,
    from amended
    where
        amended.account_id is not null
        and amended.customer_id is not null
        and amended.account_id not in (select customer_id from customer_ids)

),

boundaries as (

    select account_id, {{ begin_of_time() }} as valid_from from accounts
    union
    select account_id, starts_at from accounts
    union
    select account_id, ends_at from accounts
    where ends_at < {{ end_of_time() }}

),

segments as (

    select
        account_id,
        valid_from,
        lead(valid_from, 1, {{ end_of_time() }}) over (
            partition by account_id order by valid_from
        ) as valid_to,
    from boundaries

),

owned as (

    select
        segments.account_id,
        segments.valid_from,
        segments.valid_to,
        count(distinct accounts.customer_id) as customers,
        min(accounts.customer_id) as customer_id,
    from segments
    left join accounts
        on segments.account_id = accounts.account_id
        and accounts.starts_at <= segments.valid_from
        and accounts.ends_at > segments.valid_from
    group by all

),

carried as (

    select
        account_id,
        valid_from,
        valid_to,
        customers > 1 as is_ambiguous,
        case when customers = 1 then customer_id end as owner_id,
        coalesce(
            owner_id,
            last_value(owner_id ignore nulls) over (
                partition by account_id
                order by valid_from
                rows between unbounded preceding and current row
            ),
            first_value(owner_id ignore nulls) over (
                partition by account_id
                order by valid_from
                rows between current row and unbounded following
            )
        ) as nearest_id,
    from owned

),

final as (

    select
        customer_id as customer_ref,
        customer_id,
        {{ begin_of_time() }} as valid_from,
        {{ end_of_time() }} as valid_to,
        false as is_ambiguous,
    from customer_ids
    union all
    select
        account_id,
        case when not is_ambiguous then nearest_id end,
        valid_from,
        valid_to,
        is_ambiguous,
    from carried

)

select * from final

-- The customer as Stripe last showed it. A listing has no time, but the balance has a history of
-- its own: of several versions those count whose balance is what the customer's latest balance
-- transaction left.
{% set versions %}
    (
        with

        transactions as (

            select * from {{ ref('stg_stripe__customer_balance_transactions') }}

        ),

        latest as (

            select distinct
                customer_id,
                amount_minor,
                ending_balance_minor,
            from transactions
            qualify created_at = max(created_at) over (partition by customer_id)

        ),

        -- of transactions of one second, the last is the one that none of the others starts from
        ending_balances as (

            select
                customer_id,
                list(distinct ending_balance_minor) as ending_balances_minor,
            from latest
            where
                not exists (
                    select 1
                    from latest as following
                    where
                        following.customer_id = latest.customer_id
                        and latest.ending_balance_minor
                        = following.ending_balance_minor - following.amount_minor
                        and (following.amount_minor, following.ending_balance_minor)
                        <> (latest.amount_minor, latest.ending_balance_minor)
                )
            group by customer_id

        ),

        final as (

            select
                customers.* replace (
                    bool_or(customers.is_deleted) over (
                        partition by customers.customer_id
                    ) as is_deleted
                ),
                coalesce(
                    list_contains(ending_balances.ending_balances_minor, customers.balance_minor),
                    false
                ) as has_latest_balance,
            from {{ ref('stg_stripe__customers') }} as customers
            left join ending_balances on customers.customer_id = ending_balances.customer_id

        )

        select * from final
    )
{% endset %}

{{ newest_versions(
    versions,
    'customer_id',
    settled=[
        "created_at is not null",
        "has_latest_balance",
    ],
    changes=ref('stg_stripe__events'),
) }}

select * exclude (has_latest_balance) from final

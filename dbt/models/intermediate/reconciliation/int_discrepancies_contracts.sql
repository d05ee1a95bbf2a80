-- What was sold against what is subscribed, as both stand at the as-of instant: one fault of a
-- contract is one row, not one per invoice.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

contracts as (

    select * from {{ ref('stg_contracts__contracts') }}

),

subscription_versions as (

    select * from {{ ref('int_subscription_versions') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

judged_groups as (

    select * from {{ ref('int_line_groups_judged') }}

),

-- a later line with the same id amends the contract from its start on
contracts_in_force as (

    select contracts.*
    from contracts
    cross join parameters
    where contracts.starts_at <= parameters.as_of
    qualify row_number() over (
        partition by contracts.contract_id
        order by contracts.starts_at desc, contracts.raw desc
    ) = 1

),

live_contracts as (

    select contracts_in_force.*
    from contracts_in_force
    cross join parameters
    where contracts_in_force.ends_at is null or contracts_in_force.ends_at > parameters.as_of

),

live_subscriptions as (

    select subscription_versions.*
    from subscription_versions
    cross join parameters
    where
        subscription_versions.valid_from <= parameters.as_of
        and (
            subscription_versions.valid_to is null
            or subscription_versions.valid_to > parameters.as_of
        )
        and subscription_versions.status not in ('canceled', 'incomplete_expired')

),

subscribed as (

    select
        live_subscriptions.subscription_id,
        live_subscriptions.customer_id,
        live_subscriptions.valid_from,
        inside.item.price_id,
        sum(coalesce(inside.item.quantity, 0)) as quantity,
    from live_subscriptions,
        unnest(live_subscriptions.items) as inside (item)
    group by all

),

sold as (

    select
        live_contracts.contract_id,
        live_contracts.customer_id,
        live_contracts.currency,
        live_contracts.starts_at,
        inside.item.price_id,
        sum(inside.item.quantity) as quantity,
    from live_contracts,
        unnest(live_contracts.items) as inside (item)
    group by all

),

candidates as (

    select
        live_contracts.contract_id,
        live_subscriptions.subscription_id,
        count(subscribed.price_id) as shared_prices,
    from live_contracts
    inner join live_subscriptions
        on live_contracts.customer_id = live_subscriptions.customer_id
    left join sold
        on live_contracts.contract_id = sold.contract_id
    left join subscribed
        on
            live_subscriptions.subscription_id = subscribed.subscription_id
            and sold.price_id = subscribed.price_id
    group by live_contracts.contract_id, live_subscriptions.subscription_id
    -- a subscription with nothing of this contract and something of another is the other's
    qualify
        shared_prices > 0
        or max(shared_prices) over (partition by live_subscriptions.subscription_id) = 0

),

-- of several subscriptions of a customer the one that has most of the contract's prices is the
-- contract's
pairs as (

    select
        contract_id,
        subscription_id,
    from candidates
    qualify row_number() over (
        partition by contract_id
        order by shared_prices desc, subscription_id
    ) = 1

),

unbilled as (

    select
        live_contracts.*,
        count(subscription_versions.subscription_id) as versions,
        max(subscription_versions.subscription_id) as last_subscription_id,
        live_contracts.customer_id in (select customer_id from live_subscriptions) as is_subscriber,
    from live_contracts
    anti join pairs
        on live_contracts.contract_id = pairs.contract_id
    left join subscription_versions
        on live_contracts.customer_id = subscription_versions.customer_id
    group by all

),

unbilled_rows as (

    select
        {{ discrepancy(
            kind="'contract_unbilled'",
            customer_id='customer_id',
            object_id='contract_id',
            currency='currency',
            stage="'preventable'",
            detail="case
                when customer_id is null
                    then
                        coalesce(account_name, account_id, 'its account')
                        || ' is no customer in Stripe'
                when versions = 0 then coalesce(account_name, customer_id) || ' has no subscription'
                when is_subscriber
                    then
                        coalesce(account_name, customer_id)
                        || ' has a subscription for another contract only'
                else 'the subscription of ' || coalesce(account_name, customer_id) || ' has ended'
            end",
            evidence="to_json({
                'contract_id': contract_id,
                'account_id': account_id,
                'account_name': account_name,
                'starts_at': starts_at,
                'last_subscription_id': last_subscription_id
            })",
        ) }}
    from unbilled

),

compared as (

    select
        sold.contract_id,
        sold.customer_id,
        sold.currency,
        pairs.subscription_id,
        sold.price_id,
        sold.quantity as sold_quantity,
        subscribed.quantity as subscribed_quantity,
        subscribed.price_id is not null as is_subscribed,
    from sold
    inner join pairs
        on sold.contract_id = pairs.contract_id
    left join subscribed
        on
            pairs.subscription_id = subscribed.subscription_id
            and sold.price_id = subscribed.price_id

),

unsold_prices as (

    select
        pairs.contract_id,
        list(subscribed.price_id order by subscribed.price_id) as price_ids,
        list(
            coalesce(prices.nickname, subscribed.price_id) order by subscribed.price_id
        ) as price_names,
    from pairs
    inner join subscribed
        on pairs.subscription_id = subscribed.subscription_id
    left join prices
        on subscribed.price_id = prices.price_id
    anti join sold
        on
            pairs.contract_id = sold.contract_id
            and subscribed.price_id = sold.price_id
    group by pairs.contract_id

),

quantity_rows as (

    select
        {{ discrepancy(
            kind="'contract_quantity_mismatch'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            price_id='price_id',
            object_id='contract_id',
            currency='currency',
            stage="'preventable'",
            detail=format_quantity('sold_quantity') ~ " || ' sold, ' || "
                ~ format_quantity('subscribed_quantity') ~ " || ' subscribed'",
            evidence="to_json({
                'contract_id': contract_id,
                'sold_quantity': " ~ format_quantity('sold_quantity') ~ ",
                'subscribed_quantity': " ~ format_quantity('subscribed_quantity') ~ "
            })",
        ) }}
    from compared
    where
        is_subscribed
        and sold_quantity is not null
        and sold_quantity != subscribed_quantity

),

price_rows as (

    select
        {{ discrepancy(
            kind="'contract_price_mismatch'",
            customer_id='compared.customer_id',
            subscription_id='compared.subscription_id',
            price_id='compared.price_id',
            object_id='compared.contract_id',
            currency='compared.currency',
            stage="'preventable'",
            detail="coalesce(array_to_string(unsold_prices.price_names, ', '), 'no such item')",
            evidence="to_json({
                'contract_id': compared.contract_id,
                'sold_price_id': compared.price_id,
                'subscribed_price_ids': coalesce(unsold_prices.price_ids, [])
            })",
        ) }}
    from compared
    left join unsold_prices
        on compared.contract_id = unsold_prices.contract_id
    where not compared.is_subscribed

),

shortfalls as (

    select
        contract_id,
        period_start,
        any_value(customer_id) as customer_id,
        any_value(subscription_id) as subscription_id,
        any_value(invoice_id) as invoice_id,
        any_value(expected_invoice_id) as expected_invoice_id,
        any_value(currency) as currency,
        any_value(invoice_status) as invoice_status,
        sum(wanted_minor)::bigint as expected_minor,
        sum(found_minor)::bigint as actual_minor,
        flatten(list(coalesce(line_ids, []))) as line_ids,
    from judged_groups
    where fault = 'commitment_shortfall'
    group by contract_id, period_start

),

shortfall_rows as (

    select
        {{ discrepancy(
            kind="'commitment_shortfall'",
            customer_id='customer_id',
            subscription_id='subscription_id',
            invoice_id='invoice_id',
            object_id='contract_id',
            period_start='period_start',
            currency='currency',
            expected_minor='expected_minor',
            actual_minor='actual_minor',
            stage=stage_of_invoice('invoice_status'),
            evidence="to_json({
                'contract_id': contract_id,
                'expected_invoice_id': expected_invoice_id,
                'line_ids': line_ids
            })",
        ) }}
    from shortfalls
    where expected_minor != actual_minor

),

final as (

    select * from unbilled_rows
    union all
    select * from quantity_rows
    union all
    select * from price_rows
    union all
    select * from shortfall_rows

)

select * from final

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

customers as (

    select * from {{ ref('int_customers_current') }}

),

contracts as (

    select * from {{ ref('stg_contracts__contracts') }}

),

recurring as (

    select * from {{ ref('int_mrr_by_customer') }}

),

discrepancies as (

    select * from {{ ref('int_discrepancies_by_customer') }}

),

-- the account of the contract that began last; what begins later counts only where nothing else
-- says
accounts as (

    select
        contracts.customer_id,
        max_by(
            contracts.account_id,
            (contracts.starts_at <= parameters.as_of, contracts.starts_at, contracts.account_id)
        ) as account_id,
    from contracts
    cross join parameters
    where contracts.customer_id is not null and contracts.account_id is not null
    group by contracts.customer_id

),

final as (

    select
        customers.customer_id,
        accounts.account_id,

        customers.name,
        customers.email,
        customers.currency,

        coalesce(recurring.mrr_minor, 0) as mrr_minor,
        coalesce(customers.balance_minor, 0) as balance_minor,
        coalesce(discrepancies.open_discrepancies, 0) as open_discrepancies,

        coalesce(customers.is_delinquent, false) as delinquent,
        coalesce(customers.is_deleted, false) as is_deleted,

        customers.created_at,
    from customers
    left join accounts on customers.customer_id = accounts.customer_id
    left join recurring on customers.customer_id = recurring.customer_id
    left join discrepancies on customers.customer_id = discrepancies.customer_id

)

select * from final

-- What is left of every credit grant, from its own transactions. A grant past its expiry has nothing
-- left, whether or not Stripe's transaction of the expiry has come yet.

with grants as (

    select * from {{ ref('int_credit_grants_current') }}

),

transactions as (

    select * from {{ ref('int_credit_balance_transactions_current') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

moved as (

    select
        credit_grant_id,
        sum(amount_minor) filter (entry_type = 'credits_granted') as granted_minor,
        sum(
            if(transaction_type = 'debit', amount_minor, -amount_minor)
        ) filter (entry_type in ('credits_applied', 'credits_application_invoice_voided'))
            as applied_minor,
        sum(amount_minor) filter (entry_type = 'credits_expired') as expired_minor,
        -- a type that nobody named has taken the credits all the same
        sum(if(transaction_type = 'debit', amount_minor, -amount_minor)) filter (
            entry_type not in (
                'credits_granted',
                'credits_applied',
                'credits_application_invoice_voided',
                'credits_expired'
            )
        ) as voided_minor,
    from transactions
    group by all

),

measured as (

    select
        grants.credit_grant_id,
        grants.customer_id,
        grants.category,
        grants.name,
        grants.currency,
        coalesce(moved.granted_minor, grants.amount_minor)::bigint as granted_minor,
        coalesce(moved.applied_minor, 0)::bigint as applied_minor,
        coalesce(moved.expired_minor, 0)::bigint as expired_minor,
        coalesce(moved.voided_minor, 0)::bigint as voided_minor,
        grants.priority,
        grants.effective_at,
        grants.expires_at,
        grants.voided_at,
        coalesce(grants.expires_at <= parameters.as_of, false) as is_expired,
    from grants
    cross join parameters
    left join moved using (credit_grant_id)

),

remaining as (

    select
        *,
        granted_minor - applied_minor - expired_minor - voided_minor as left_minor,
    from measured

),

final as (

    select
        credit_grant_id,
        customer_id,
        category,
        name,
        currency,
        granted_minor,
        applied_minor,
        if(is_expired and voided_at is null, expired_minor + left_minor, expired_minor)
            as expired_minor,
        if(voided_at is not null, voided_minor + left_minor, voided_minor) as voided_minor,
        if(is_expired or voided_at is not null, 0, left_minor) as available_minor,
        priority,
        effective_at,
        expires_at,
    from remaining

)

select * from final

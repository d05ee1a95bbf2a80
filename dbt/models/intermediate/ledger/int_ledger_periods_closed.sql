{{ config(materialized='ephemeral') }}

-- Up to when the books are closed, in one row; null while nothing is. A closing holds for its month
-- and all before it, until that month or an earlier one is reopened. It binds once a run has posted
-- after the month's end: a ledger begun later has nothing to keep as it was.

with closes as (

    select * from {{ ref('stg_contracts__closes') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

closings as (

    select
        period_month,
        closed_at,
        period_month::timestamp + interval 1 month as ends_at,
    from closes
    where action = 'close'

),

reopenings as (

    select
        period_month,
        closed_at as reopened_at,
    from closes
    where action = 'reopen'

),

in_force as (

    select closings.ends_at
    from closings
    anti join reopenings
        on
            closings.period_month >= reopenings.period_month
            and closings.closed_at <= reopenings.reopened_at

),

final as (

    select max(in_force.ends_at) as open_from
    from in_force
    inner join parameters on in_force.ends_at <= parameters.previous_as_of

)

select * from final

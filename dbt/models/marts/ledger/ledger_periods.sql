-- Months that were ever closed or reopened, with what was decided last. A month is closed by its own
-- closing or by that of a later one.

with closes as (

    select * from {{ ref('stg_contracts__closes') }}

),

periods as (

    select * from {{ ref('int_ledger_periods_closed') }}

),

decided as (

    select
        period_month,
        -- at the same instant a reopening comes after a closing
        max_by(struct_pack(action, closed_by, raw), (closed_at, action)) as newest,
        max(closed_at) as decided_at,
    from closes
    group by all

),

final as (

    select
        decided.period_month,
        decided.newest.action as last_action,
        decided.newest.closed_by as decided_by,
        json_extract_string(decided.newest.raw, '$.reason') as reason,
        coalesce(decided.period_month < periods.open_from, false) as is_closed,
        decided.decided_at,
    from decided
    cross join periods

)

select * from final

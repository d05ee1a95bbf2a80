-- What this run finds against what the last one published. A finding that is gone stays as
-- `resolved`; one that is back opens again under its old id and keeps the instant when it was first
-- seen.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

found as (

    select * from {{ ref('int_discrepancies_found') }}

),

known as (

    select * from {{ ref('stg_runs__findings') }}

),

acceptances as (

    select * from {{ ref('stg_contracts__acceptances') }}

),

-- of several acceptances of one finding the newest counts; of two at one instant the one that
-- accepts less
newest_acceptances as (

    select *
    from acceptances
    qualify row_number() over (
        partition by discrepancy_id
        order by
            accepted_at desc,
            coalesce(is_revoked, false) desc,
            until_at asc nulls last,
            raw
    ) = 1

),

-- one that has run out is told, and accepts nothing
in_force as (

    select
        newest_acceptances.discrepancy_id,
        newest_acceptances.until_at is null
        or parameters.as_of < newest_acceptances.until_at as is_accepted,
        to_json({
            'acceptance': {
                'reason': newest_acceptances.reason,
                'by': newest_acceptances.accepted_by,
                'at': newest_acceptances.accepted_at,
                'until': newest_acceptances.until_at
            }
        }) as told,
    from newest_acceptances
    cross join parameters
    where not coalesce(newest_acceptances.is_revoked, false)

),

present as (

    select
        found.discrepancy_id,
        found.kind,
        found.category,
        found.severity,
        found.customer_id,
        found.subscription_id,
        found.invoice_id,
        found.price_id,
        found.meter,
        found.object_id,
        found.period_start,
        found.month,
        found.currency,
        found.expected_minor,
        found.actual_minor,
        found.impact_minor,
        found.stage,
        coalesce(known.first_seen_at, parameters.as_of) as first_seen_at,
        parameters.as_of as last_seen_at,
        case when in_force.is_accepted then 'accepted' else 'open' end as status,
        found.explanation,
        found.remedy,
        case
            when in_force.told is null then found.evidence
            else json_merge_patch(found.evidence::json, in_force.told)::varchar
        end as evidence,
    from found
    cross join parameters
    left join known
        on found.discrepancy_id = known.discrepancy_id
    left join in_force
        on found.discrepancy_id = in_force.discrepancy_id

),

gone as (

    select
        known.* replace ('resolved' as status),
    from known
    anti join found
        on known.discrepancy_id = found.discrepancy_id

),

final as (

    select * from present
    union all by name
    select * from gone

)

select * from final

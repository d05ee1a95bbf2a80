-- Control accounts that differ from Stripe by more than other findings explain, a row for each
-- account and currency. Where something was posted within the grace hours, the document that it is
-- waiting for may still be on its way.

with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

entries as (

    select * from {{ ref('ledger_entries') }}

),

postings as (

    select * from {{ ref('ledger_postings') }}

),

tie_outs as (

    select * from {{ ref('tie_outs') }}

),

explained as (

    select * from {{ ref('int_tie_outs_explained') }}

),

explained_by_place as (

    select
        account,
        currency,
        scope,
        sum(share_minor)::bigint as explained_minor,
    from explained
    group by account, currency, scope

),

recent_postings as (

    select
        postings.account,
        postings.currency,
        postings.customer_id,
        postings.subledger_id,
    from postings
    inner join entries
        on postings.entry_number = entries.entry_number
    cross join parameters
    where
        entries.occurred_at > parameters.as_of - to_hours(parameters.event_grace_hours)
        -- what time alone earns waits for no document
        and postings.account not in ('deferred_revenue', 'unbilled_receivable')

),

recent_places as (

    select account, currency, customer_id as scope
    from recent_postings
    union
    select account, currency, subledger_id as scope
    from recent_postings

),

-- an account that knows its documents is looked at by document, others by customer
places as (

    select
        tie_outs.*,
        case
            when recent_places.scope is not null then tie_outs.difference_minor
            else coalesce(explained_by_place.explained_minor, 0)
        end as settled_minor,
        tie_outs.difference_minor - settled_minor as unexplained_minor,
    from tie_outs
    left join explained_by_place
        on
            tie_outs.account = explained_by_place.account
            and tie_outs.currency = explained_by_place.currency
            and tie_outs.scope = explained_by_place.scope
    left join recent_places
        on
            tie_outs.account = recent_places.account
            and tie_outs.currency = recent_places.currency
            and tie_outs.scope = recent_places.scope
    where
        tie_outs.difference_minor != 0
        and tie_outs.scope_type = case
            when tie_outs.account in ('accounts_receivable', 'bank') then 'document'
            else 'customer'
        end

),

explained_by_account as (

    select
        account,
        currency,
        sum(settled_minor)::bigint as explained_minor,
    from places
    group by account, currency

),

differing_places as (

    select
        account,
        currency,
        count(*) as places,
        min_by(scope, (-abs(unexplained_minor), scope)) as largest,
        list({
            'scope': scope,
            'ledger_minor': ledger_minor,
            'stripe_minor': stripe_minor,
            'difference_minor': unexplained_minor
        } order by abs(unexplained_minor) desc, scope)[:50] as scopes,
    from places
    where unexplained_minor != 0
    group by account, currency

),

broken as (

    select
        tie_outs.account,
        tie_outs.currency,
        tie_outs.ledger_minor,
        tie_outs.stripe_minor,
        coalesce(explained_by_account.explained_minor, 0) as explained_minor,
        differing_places.largest,
        coalesce(differing_places.places, 0) as places,
        coalesce(differing_places.scopes, []) as scopes,
    from tie_outs
    left join explained_by_account
        on
            tie_outs.account = explained_by_account.account
            and tie_outs.currency = explained_by_account.currency
    left join differing_places
        on
            tie_outs.account = differing_places.account
            and tie_outs.currency = differing_places.currency
    where
        tie_outs.scope_type = 'all'
        and tie_outs.difference_minor != coalesce(explained_by_account.explained_minor, 0)

),

final as (

    select
        {{ discrepancy(
            kind="'tie_out_break'",
            object_id='account',
            currency='currency',
            expected_minor='ledger_minor - explained_minor',
            actual_minor='stripe_minor',
            detail="case places
                when 0 then 'at no place of its own'
                when 1 then 'at ' || largest
                else 'at ' || largest || ' and ' || (places - 1)::varchar || ' more'
            end",
            evidence="to_json({
                'ledger_minor': ledger_minor,
                'stripe_minor': stripe_minor,
                'explained_minor': explained_minor,
                'scopes': scopes
            })",
            variant='currency',
        ) }}
    from broken

)

select * from final

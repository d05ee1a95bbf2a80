{{ config(meta={'dagster': {'ref': {'name': 'int_ledger_postings_due'}}}) }}
-- An account that the chart does not know, whether posted to or named by a rule, is a typing error.
with named as (

    select distinct account from {{ ref('int_ledger_postings_due') }}

    union

    select account from {{ ref('posting_accounts') }}

    union

    select counter_account from {{ ref('posting_accounts') }}

)

select named.account
from named
anti join {{ ref('ledger_accounts') }} as accounts using (account)
where named.account is not null

{{ config(meta={'dagster': {'ref': {'name': 'int_ledger_postings_due'}}}) }}
-- No posting without its entry, no entry without a posting, no posting twice.
with entries as (

    select entry_id from {{ ref('int_ledger_entries_due') }}

),

postings as (

    select * from {{ ref('int_ledger_postings_due') }}

)

select entry_id, 'posting without entry' as problem
from postings
anti join entries using (entry_id)

union all

select entry_id, 'entry without postings'
from entries
anti join postings using (entry_id)

union all

select entry_id, 'posting twice'
from postings
group by entry_id, account, customer_id, subledger_id, currency
having count(*) > 1

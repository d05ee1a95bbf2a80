{{ config(meta={'dagster': {'ref': {'name': 'int_ledger_entries_due'}}}) }}
-- An entry's name says its document, so one that was posted before is among that document's
-- entries.
select due.entry_id
from {{ ref('int_ledger_entries_due') }} as due
semi join {{ ref('int_ledger_entries_posted') }} as posted using (entry_id)

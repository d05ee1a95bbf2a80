-- Double entry: what one account gives another takes.
select
    entry_id,
    currency,
    sum(amount_minor) as amount_minor,
from {{ ref('int_ledger_postings_due') }}
group by all
having sum(amount_minor) <> 0

-- Double entry: what one account gives another takes.
select
    entry_id,
    currency,
    sum(amount_minor) as amount_minor,
from {{ ref('ledger_postings') }}
group by all
having sum(amount_minor) <> 0

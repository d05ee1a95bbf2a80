"""What the pages on payments, credits and the ledger ask of the snapshot; every list has a limit."""

from __future__ import annotations

from typing import Final

ROWS_SHOWN: Final = 200

# -- payments and recovery
RECOVERY: Final = """
select
    currency,
    state,
    count(*)::bigint as invoices,
    coalesce(sum(amount_minor), 0)::bigint as amount_minor
from marts.payment_recovery
group by currency, state
order by currency, state
"""

ATTEMPTS: Final = """
select attempts, count(*)::bigint as invoices
from marts.payment_recovery
where state = 'recovered' and currency = ?
group by attempts
order by attempts
"""

# Parameters: states ('|' between them, '' for all), currency, customer or invoice
FAILED_INVOICES: Final = f"""
select r.*, c.name as customer_name, i.number, count(*) over () as matches
from marts.payment_recovery as r
left join marts.customers as c using (customer_id)
left join marts.invoices as i using (invoice_id)
where ($1 = '' or list_contains(string_split($1, '|'), r.state))
    and r.currency = $2
    and (
        $3 = '' or $3 in (r.customer_id, r.invoice_id, i.number)
        or contains(lower(coalesce(c.name, '')), lower($3))
    )
order by r.amount_minor desc nulls last, r.invoice_id
limit {ROWS_SHOWN}
"""

# -- credits
CREDITS: Final = """
select
    currency,
    category,
    count(*)::bigint as grants,
    sum(granted_minor)::bigint as granted_minor,
    sum(applied_minor)::bigint as applied_minor,
    sum(expired_minor)::bigint as expired_minor,
    sum(voided_minor)::bigint as voided_minor,
    sum(available_minor)::bigint as available_minor
from marts.credit_balances
group by currency, category
order by currency, category
"""

# Parameters: currency, customer or grant, only what is still there
GRANTS: Final = f"""
select g.*, c.name as customer_name, count(*) over () as matches
from marts.credit_balances as g
left join marts.customers as c using (customer_id)
where g.currency = $1
    and (
        $2 = '' or $2 in (g.customer_id, g.credit_grant_id)
        or contains(lower(coalesce(c.name, '')), lower($2))
    )
    and (not $3 or g.available_minor > 0)
order by g.available_minor > 0 desc, g.expires_at nulls last, g.available_minor desc, g.credit_grant_id
limit {ROWS_SHOWN}
"""

# What invoices used by day and category; what a voided invoice gave back is taken off. Parameters: currency, as-of
USED_BY_DAY: Final = """
select applied_at::date as day, category, sum(amount_minor)::bigint as used_minor
from marts.credit_applications
where currency = $1 and applied_at > $2::timestamp - interval 180 day
group by day, category
order by day, category
"""

# What the last 30 days used, and what is there to be used now: at that pace it lasts so long.
PACE: Final = """
select
    (
        select coalesce(sum(amount_minor), 0) from marts.credit_applications
        where currency = $1 and applied_at > $2::timestamp - interval 30 day
    )::bigint as used_minor,
    (
        select coalesce(sum(available_minor), 0) from marts.credit_balances where currency = $1
    )::bigint as available_minor
"""

# Parameters: currency, customer, grant or invoice
APPLICATIONS: Final = f"""
select a.*, c.name as customer_name, count(*) over () as matches
from marts.credit_applications as a
left join marts.customers as c using (customer_id)
where a.currency = $1
    and (
        $2 = '' or $2 in (a.customer_id, a.credit_grant_id, a.invoice_id)
        or contains(lower(coalesce(c.name, '')), lower($2))
    )
order by a.applied_at desc, a.credit_grant_id, a.movement desc
limit {ROWS_SHOWN}
"""

CUSTOMER_APPLICATIONS: Final = f"""
select *, count(*) over () as matches
from marts.credit_applications
where customer_id = ?
order by applied_at desc, credit_grant_id, movement desc
limit {ROWS_SHOWN}
"""

# -- ledger
PERIODS: Final = "select * from marts.ledger_periods order by period_month desc"

BALANCES: Final = """
select
    account,
    account_type,
    is_control,
    currency,
    sum(balance_minor)::bigint as balance_minor,
    count(distinct customer_id)::bigint as customers
from marts.ledger_balances
group by account, account_type, is_control, currency
order by currency, account_type, account
"""

# Of single customers and documents only what does not tie out; `scope_of` says what the scope is.
TIE_OUTS_OPEN: Final = f"""
select
    account, scope, currency, ledger_minor, stripe_minor, difference_minor, count(*) over () as matches,
    case
        when scope_type = 'customer' then 'customer'
        when account = 'bank' then 'payout'
        when account = 'prepaid_credits' then 'grant'
        else 'invoice'
    end as scope_of
from marts.tie_outs
where scope <> 'all' and difference_minor <> 0
order by abs(difference_minor) desc, account, scope
limit {ROWS_SHOWN}
"""

# Parameters: part of an entry, a document, or a customer; accounts ('|' between them, '' for all); rule ('' for all)
ENTRIES: Final = f"""
select e.*, count(*) over () as matches
from marts.ledger_entries as e
where ($1 = '' or contains(e.entry_id, $1) or e.source_id = $1 or e.entry_id in (
        select entry_id from marts.ledger_postings where customer_id = $1 or subledger_id = $1
    ))
    and ($2 = '' or e.entry_id in (
        select entry_id from marts.ledger_postings where list_contains(string_split($2, '|'), account)
    ))
    and ($3 = '' or e.rule = $3)
order by e.effective_at desc, e.entry_id
limit {ROWS_SHOWN}
"""

ENTRY: Final = "select * from marts.ledger_entries where entry_id = ?"
POSTINGS: Final = """
select account, customer_id, subledger_id, currency, amount_minor
from marts.ledger_postings
where entry_id = ?
order by amount_minor desc, account
"""
ACCOUNTS: Final = "select account from marts.ledger_accounts order by account"
RULES: Final = "select distinct rule from marts.ledger_entries order by rule"

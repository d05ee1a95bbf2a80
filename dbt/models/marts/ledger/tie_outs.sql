-- The ledger's control accounts against what Stripe itself states about the same thing, by currency
-- and scope. Stripe's side is taken from other objects than the entries were posted from, as far as
-- Stripe states a figure twice.

with postings as (

    select * from {{ ref('ledger_postings') }}

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

credit_notes as (

    select * from {{ ref('int_credit_notes_current') }}

),

customers as (

    select * from {{ ref('int_customers_current') }}

),

balance_transactions as (

    select * from {{ ref('int_balance_transactions_current') }}

),

payouts as (

    select * from {{ ref('int_payouts_current') }}

),

grants as (

    select * from {{ ref('int_credit_grants_current') }}

),

credit_transactions as (

    select * from {{ ref('int_credit_balance_transactions_current') }}

),

parts as (

    select * from {{ ref('int_expected_line_parts') }}

),

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}

),

prices as (

    select * from {{ ref('int_prices_current') }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

-- ledger ------------------------------------------------------------------------------------------

ledger_facts as (

    select
        account,
        currency,
        customer_id,
        -- per document only where Stripe states a figure per document
        if(account in ('accounts_receivable', 'prepaid_credits', 'bank'), subledger_id, null)
            as document_id,
        amount_minor as ledger_minor,
        0::bigint as stripe_minor,
    from postings
    where
        account in (
            'accounts_receivable',
            'stripe_balance',
            'bank',
            'customer_credit',
            'prepaid_credits',
            'tax_payable',
            'deferred_revenue',
            'unbilled_receivable'
        )

),

-- Stripe ------------------------------------------------------------------------------------------

open_invoices as (

    select
        'accounts_receivable' as account,
        currency,
        customer_id,
        invoice_id as document_id,
        amount_remaining_minor as stripe_minor,
    from invoices
    where status = 'open'

),

stripe_balance as (

    select
        'stripe_balance' as account,
        currency,
        null as customer_id,
        null as document_id,
        net_minor as stripe_minor,
    from balance_transactions

),

-- what left the Stripe balance for a payout, unless that payout is known not to have arrived
paid_out as (

    select
        'bank' as account,
        balance_transactions.currency,
        null as customer_id,
        balance_transactions.source_id as document_id,
        -balance_transactions.amount_minor as stripe_minor,
    from balance_transactions
    left join payouts on balance_transactions.source_id = payouts.payout_id
    where
        balance_transactions.transaction_type in ('payout', 'payout_cancel', 'payout_failure')
        and coalesce(payouts.status, 'paid') = 'paid'

),

-- a balance of zero has no currency of its own
customer_balances as (

    select
        'customer_credit' as account,
        currency,
        customer_id,
        null as document_id,
        balance_minor as stripe_minor,
    from customers
    where balance_minor <> 0

),

grants_given as (

    select
        'prepaid_credits' as account,
        currency,
        customer_id,
        credit_grant_id as document_id,
        -amount_minor as stripe_minor,
    from grants
    where category = 'paid'

),

credits_stated as (

    select
        unnest(total_credit_amounts, recursive := true),
    from invoices
    where status in ('open', 'paid', 'uncollectible')

),

-- what invoices state as credits; expiry and voiding of a grant are stated by its transactions only
grants_used as (

    select
        'prepaid_credits' as account,
        grants.currency,
        grants.customer_id,
        grants.credit_grant_id as document_id,
        credits_stated.amount_minor as stripe_minor,
    from credits_stated
    inner join credit_transactions using (credit_balance_transaction_id)
    inner join grants on credit_transactions.credit_grant_id = grants.credit_grant_id
    where grants.category = 'paid'

),

grants_ended as (

    select
        'prepaid_credits' as account,
        grants.currency,
        grants.customer_id,
        grants.credit_grant_id as document_id,
        credit_transactions.amount_minor as stripe_minor,
    from credit_transactions
    inner join grants using (credit_grant_id)
    where
        grants.category = 'paid'
        and credit_transactions.entry_type in ('credits_expired', 'credits_voided')

),

tax_charged as (

    select
        'tax_payable' as account,
        invoices.currency,
        invoices.customer_id,
        null as document_id,
        -lines.tax_minor as stripe_minor,
    from invoices
    inner join lines using (invoice_id)
    where
        invoices.status in ('open', 'paid', 'uncollectible')
        and lines.tax_minor <> 0

),

tax_given_back as (

    select
        'tax_payable' as account,
        credit_notes.currency,
        credit_notes.customer_id,
        null as document_id,
        credit_notes.tax_minor as stripe_minor,
    from credit_notes
    left join invoices using (invoice_id)
    where
        credit_notes.status is distinct from 'void'
        and credit_notes.tax_minor <> 0
        and not (
            credit_notes.credit_note_type = 'pre_payment'
            and coalesce(invoices.status, '') = 'void'
        )

),

-- what of every line is still ahead, where the ledger adds up what has been earned month by month
still_ahead as (

    select
        'deferred_revenue' as account,
        invoices.currency,
        invoices.customer_id,
        null as document_id,
        lines.amount_minor
        - (coalesce(lines.tax_minor, 0) - coalesce(lines.exclusive_tax_minor, 0))
            as revenue_minor,
        coalesce(list_sum([
            discount.amount_minor for discount in lines.discount_amounts
        ]), 0)::bigint as discount_minor,
        least(parameters.as_of, lines.period_end_at) as passed_at,
        lines.period_start_at,
        lines.period_end_at,
    from invoices
    cross join parameters
    inner join lines using (invoice_id)
    left join prices using (price_id)
    where
        invoices.status in ('open', 'paid', 'uncollectible')
        and lines.period_start_at < lines.period_end_at
        and lines.period_end_at > invoices.finalized_at
        and prices.usage_type is distinct from 'metered'
        and (prices.price_type = 'recurring' or lines.subscription_item_id is not null)
        and json_extract_string(lines.metadata, '$.commitment') is null

),

ahead as (

    select
        account,
        currency,
        customer_id,
        document_id,
        (
            {{ earned_minor('revenue_minor', 'passed_at', 'period_start_at', 'period_end_at') }}
            - revenue_minor
        ) - (
            {{ earned_minor('discount_minor', 'passed_at', 'period_start_at', 'period_end_at') }}
            - discount_minor
        ) as stripe_minor,
    from still_ahead

),

-- Stripe states no amount before an invoice is made: all usage ever rated, less what was billed since
rated as (

    select
        'unbilled_receivable' as account,
        parts.currency,
        parts.customer_id,
        null as document_id,
        parts.amount_minor as stripe_minor,
    from parts
    cross join parameters
    where
        parts.kind = 'usage'
        and (parts.expected_invoice_id is not null or parts.period_end > parameters.as_of)
        and parts.period_start < parameters.as_of
        and parts.amount_minor is not null

),

rated_and_billed as (

    select
        'unbilled_receivable' as account,
        parts.currency,
        parts.customer_id,
        null as document_id,
        -parts.amount_minor as stripe_minor,
    from parts
    inner join matched using (expected_invoice_id)
    inner join invoices using (invoice_id)
    where
        parts.kind = 'usage'
        and invoices.status in ('open', 'paid', 'void', 'uncollectible')
        and parts.amount_minor is not null

),

stripe_facts as (
    {% for fact in [
        'open_invoices',
        'stripe_balance',
        'paid_out',
        'customer_balances',
        'grants_given',
        'grants_used',
        'grants_ended',
        'tax_charged',
        'tax_given_back',
        'ahead',
        'rated',
        'rated_and_billed',
    ] %}
    select * from {{ fact }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

facts as (

    select * from ledger_facts

    union all by name

    select *, 0::bigint as ledger_minor from stripe_facts

),

summed as (

    select
        account,
        currency,
        case grouping(customer_id, document_id)
            when 3 then 'all'
            when 2 then document_id
            else customer_id
        end as scope,
        case grouping(customer_id, document_id)
            when 3 then 'all'
            when 2 then 'document'
            else 'customer'
        end as scope_type,
        sum(ledger_minor)::bigint as ledger_minor,
        sum(stripe_minor)::bigint as stripe_minor,
    from facts
    group by grouping sets (
        (account, currency),
        (account, currency, customer_id),
        (account, currency, document_id)
    )

),

final as (

    select
        account,
        scope,
        scope_type,
        currency,
        ledger_minor,
        stripe_minor,
        ledger_minor - stripe_minor as difference_minor,
    from summed
    where
        scope is not null
        -- a settled document that both sides agree upon is no news
        and (scope_type <> 'document' or ledger_minor <> 0 or stripe_minor <> 0)

)

select * from final

-- What a finalized invoice should ask the customer for: the expected total with tax as Stripe
-- states it, the customer balance that stood before it, credit notes before payment, and the
-- smallest amount that can be charged.
with

heads as (

    select * from {{ ref('int_expected_invoice_heads') }}

),

groups as (

    select * from {{ ref('int_expected_line_groups') }}

),

matched as (

    select * from {{ ref('int_expected_invoices_matched') }}
    where finalized_at is not null

),

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_current') }}

),

transactions as (

    select * from {{ ref('int_customer_balance_transactions_current') }}

),

credit_notes as (

    select * from {{ ref('int_credit_notes_current') }}

),

minimum_charges as (

    select * from {{ ref('minimum_charges') }}

),

-- An invoice without lines asks for the balance all the same.
totals as (

    select
        heads.expected_invoice_id,
        cast(coalesce(sum(
            groups.amount_minor - groups.discount_minor - groups.credit_grants_minor
        ), 0) as bigint) as charges_minor,
    from heads
    left join groups on heads.expected_invoice_id = groups.expected_invoice_id
    where heads.not_computed_reason is null
    group by heads.expected_invoice_id
    having coalesce(bool_and(groups.status = 'computed'), true)

),

-- Tax that the prices have in them: no part of the total comes on top for it.
inclusive_taxes as (

    select
        invoice_id,
        cast(
            sum(coalesce(tax_minor, 0) - coalesce(exclusive_tax_minor, 0)) as bigint
        ) as tax_minor,
    from lines
    group by invoice_id

),

-- What Stripe's own transactions left, so that an earlier fault is not repeated here.
balances as (

    select
        matched.expected_invoice_id,
        cast(sum(transactions.amount_minor) as bigint) as balance_minor,
    from matched
    inner join invoices on matched.invoice_id = invoices.invoice_id
    inner join transactions
        on invoices.customer_id = transactions.customer_id
        and invoices.currency = transactions.currency
        and transactions.created_at <= matched.finalized_at
        and transactions.invoice_id is distinct from matched.invoice_id
    group by matched.expected_invoice_id

),

notes as (

    select
        invoice_id,
        cast(sum(pre_payment_minor) as bigint) as pre_payment_minor,
    from credit_notes
    where status <> 'void'
    group by invoice_id

),

before_payment as (

    select
        matched.expected_invoice_id,
        matched.invoice_id,
        invoices.collection_method,
        coalesce(inclusive_taxes.tax_minor, 0) as inclusive_tax_minor,
        coalesce(invoices.tax_minor, 0) - inclusive_tax_minor as exclusive_tax_minor,
        totals.charges_minor + exclusive_tax_minor as total_minor,
        coalesce(balances.balance_minor, 0) as starting_balance_minor,
        coalesce(notes.pre_payment_minor, invoices.pre_payment_credit_notes_minor, 0)
            as credit_notes_minor,
        coalesce(minimum_charges.amount_minor, 0) as minimum_charge_minor,
    from matched
    inner join invoices on matched.invoice_id = invoices.invoice_id
    inner join totals on matched.expected_invoice_id = totals.expected_invoice_id
    left join balances on matched.expected_invoice_id = balances.expected_invoice_id
    left join inclusive_taxes on matched.invoice_id = inclusive_taxes.invoice_id
    left join notes on matched.invoice_id = notes.invoice_id
    asof left join minimum_charges
        on invoices.currency = minimum_charges.currency
        and matched.finalized_at >= minimum_charges.valid_from

),

-- All of the balance counts: credit up to the total, a debt on top of it; a negative total becomes
-- credit.
balanced as (

    select
        *,
        greatest(total_minor + starting_balance_minor, 0) as charged_minor,
    from before_payment

),

final as (

    select
        expected_invoice_id,
        invoice_id,
        inclusive_tax_minor,
        exclusive_tax_minor,
        total_minor,
        starting_balance_minor,
        collection_method = 'charge_automatically'
        and charged_minor > 0
        and charged_minor < minimum_charge_minor as is_below_minimum,
        case
            when
                collection_method = 'charge_automatically'
                and charged_minor > 0
                and charged_minor < minimum_charge_minor
                then charged_minor
            else total_minor + starting_balance_minor - charged_minor
        end as ending_balance_minor,
        case
            when
                collection_method = 'charge_automatically'
                and charged_minor > 0
                and charged_minor < minimum_charge_minor
                then 0
            else greatest(charged_minor - credit_notes_minor, 0)
        end as amount_due_minor,
    from balanced

)

select * from final

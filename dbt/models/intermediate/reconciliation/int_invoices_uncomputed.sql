-- Invoices of a time or a kind for which nothing is expected, because nothing can be computed: what
-- they bill is no fault. One row per invoice.
with

invoices as (

    select * from {{ ref('int_invoices_current') }}

),

states as (

    select * from {{ ref('int_subscription_states') }}

),

-- Made before events told what the subscription was, or while none of its prices was known.
untold as (

    select
        invoices.invoice_id,
        case
            when invoices.created_at < states.history_known_from
                then {{ not_computed('history_unknown') }}
            else {{ not_computed('price_unknown') }}
        end as reason,
    from invoices
    inner join states
        on invoices.subscription_id = states.subscription_id
    where
        (states.state_number = 1 and invoices.created_at < states.history_known_from)
        or (
            states.interval_unit is null
            and invoices.created_at >= states.valid_from
            and invoices.created_at <= states.valid_to
        )

),

billed_in_parts as (

    select
        invoice_id,
        {{ not_computed('billing_threshold') }} as reason,
    from invoices
    where billing_reason = 'subscription_threshold'

),

unioned as (

    select * from untold
    union all
    select * from billed_in_parts

),

final as (

    select
        invoice_id,
        min(reason) as reason,
    from unioned
    group by invoice_id

)

select * from final

-- What the ledger ought to hold for the documents that this run looks at, one row per posting, from
-- every rule. What has been posted is compared with this; the target's id is made of its rule, its
-- document and, where a document has an effect in several parts, the part, so that it is the same in
-- every run. Such parts are accruals: they grow with time and usage, and post by differences.

with parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

touched as (

    select * from {{ ref('int_ledger_documents_touched') }}

),

ruled as (
    {% for model in ledger_rule_models() %}
    select * from {{ ref(model) }}
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}
),

identified as (

    select
        *,
        {{ ledger_document_key(
            'source_type',
            "if(source_type = 'subscription_item', concat(source_id, ':', part), source_id)",
        ) }} as document_key,
    from ruled

),

looked_at as (

    select identified.*
    from identified
    cross join parameters
    where
        parameters.landed_batches is null
        or identified.source_type = 'subscription_item'
        or identified.document_key in (select document_key from touched)

),

final as (

    select
        concat_ws(':', rule, source_id, part) as target_id,
        document_key,
        rule,
        source_type,
        source_id,
        part is not null as is_accrual,
        effective_at,
        description,
        account,
        customer_id,
        subledger_id,
        sum(amount_minor)::bigint as amount_minor,
        currency,
    from looked_at
    group by all
    having sum(amount_minor) <> 0

)

select * from final

-- lines(file_number, line_number, text, marker) -> candidates of Stripe's shape. The customer and the value may be absent: a meter may name
-- other keys, which is known only when all meters are.
extracted as (
    select
        *,
        try(json_extract(text, [
            '$.identifier', '$.payload.stripe_customer_id', '$.event_name', '$.payload.value', '$.timestamp', '$.created',
            '$.payload', '$.object', '$.livemode'
        ]))::varchar[] as t,
        try(len(json_keys(text))) as key_count,
    from lines
    where marker = 1
),

tokens as (
    select
        file_number, line_number, text, key_count,
        t[1] as identifier, t[2] as customer, t[3] as event_name, t[4] as value, t[5] as timestamp, t[6] as created,
        t[7] as payload, t[8] as object, t[9] as livemode,
    from extracted
),

candidates as (
    select
        file_number,
        line_number,
        text,
        'stripe' as shape,
        '' as id_space,
        token_text(identifier) as event_id,
        token_text(customer) as customer_ref,
        token_text(event_name) as meter,
        value_token_text(value, text) as value_text,
        instant_token_text(timestamp) as time_text,
        instant_token_text(created) as received_text,
        case
            when starts_with(payload, '{')
                then json_normalize(json_remove(json_remove(payload, '$.stripe_customer_id'), '$.value'))::varchar
        end as properties,
        case when starts_with(payload, '{') then json_normalize(payload)::varchar end as payload,
        case
            when key_count > (identifier is not null)::int + (event_name is not null)::int + (timestamp is not null)::int
                + (created is not null)::int + (payload is not null)::int + (object is not null)::int
                + (livemode is not null)::int
                then json_keys(text)
        end as keys,
        null::varchar[] as fields,
        key_count is not null
        and is_text_token(identifier)
        and (customer is null or is_text_token(customer))
        and is_text_token(event_name)
        and not payload like '%"value"%"value"%'
        and not payload like '%"stripe_customer_id"%"stripe_customer_id"%'
        and not has_dangling_comma(text) as is_plain,
    from tokens
),

-- lines(file_number, line_number, text, marker) -> candidates of the native shape; what is no JSON at all is among them, not plain.
-- One shape at a time: a CASE over the shapes would cost three times as much.
extracted as (
    select
        *,
        try(json_extract(text, [
            '$.id', '$.customer', '$.meter', '$.value', '$.timestamp', '$.received_at', '$.properties', '$.voids'
        ]))::varchar[] as t,
        try(len(json_keys(text))) as key_count,
    from lines
    where marker = 0
),

tokens as (
    select
        file_number, line_number, text, key_count,
        t[1] as id, t[2] as customer, t[3] as meter, t[4] as value, t[5] as timestamp, t[6] as received_at,
        t[7] as object, t[8] as voids,
    from extracted
),

candidates as (
    select
        file_number,
        line_number,
        text,
        'native' as shape,
        '' as id_space,
        token_text(id) as event_id,
        token_text(customer) as customer_ref,
        token_text(meter) as meter,
        coalesce(value_token_text(value, text), '') as value_text,
        instant_token_text(timestamp) as time_text,
        instant_token_text(received_at) as received_text,
        case
            when object is null or object = 'null' then '{}'
            when starts_with(object, '{') then json_normalize(object)::varchar
        end as properties,
        null::varchar as payload,
        case
            when key_count > (id is not null)::int + (customer is not null)::int + (meter is not null)::int
                + (value is not null)::int + (timestamp is not null)::int + (received_at is not null)::int
                + (object is not null)::int + (voids is not null)::int
                then json_keys(text)
        end as keys,
        null::varchar[] as fields,
        key_count is not null
        and (voids is null or voids = 'null')
        and is_text_token(id)
        and is_text_token(customer)
        and is_text_token(meter)
        and not has_dangling_comma(text) as is_plain,
    from tokens
),

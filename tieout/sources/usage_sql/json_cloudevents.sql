-- lines(file_number, line_number, text, marker) -> candidates of the CloudEvents shape.
extracted as (
    select
        *,
        try(json_extract(text, [
            '$.id', '$.subject', '$.type', '$.data.value', '$.time', '$.receivedat', '$.data', '$.source', '$.specversion',
            '$.datacontenttype'
        ]))::varchar[] as t,
        try(len(json_keys(text))) as key_count,
    from lines
    where marker = 2
),

tokens as (
    select
        file_number, line_number, text, key_count,
        t[1] as id, t[2] as subject, t[3] as type, t[4] as value, t[5] as time, t[6] as receivedat,
        t[7] as data, t[8] as source, t[9] as specversion, t[10] as datacontenttype,
    from extracted
),

candidates as (
    select
        file_number,
        line_number,
        text,
        'cloudevents' as shape,
        token_text(source) as id_space,
        token_text(id) as event_id,
        token_text(subject) as customer_ref,
        token_text(type) as meter,
        coalesce(value_token_text(value, text), '') as value_text,
        instant_token_text(time) as time_text,
        instant_token_text(receivedat) as received_text,
        case when starts_with(data, '{') then json_normalize(json_remove(data, '$.value'))::varchar end as properties,
        null::varchar as payload,
        case
            when key_count > (id is not null)::int + (subject is not null)::int + (type is not null)::int
                + (time is not null)::int + (receivedat is not null)::int + (data is not null)::int
                + (source is not null)::int + (specversion is not null)::int + (datacontenttype is not null)::int
                then json_keys(text)
        end as keys,
        null::varchar[] as fields,
        key_count is not null
        and is_text_token(specversion)
        and is_text_token(source)
        and is_text_token(id)
        and is_text_token(subject)
        and is_text_token(type)
        and not data like '%"value"%"value"%'
        and not has_dangling_comma(text) as is_plain,
    from tokens
),

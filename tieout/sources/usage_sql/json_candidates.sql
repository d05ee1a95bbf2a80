-- lines(file_number, line_number, text) -> what each line says, as texts, by role. One parse for the roles and one for the count of keys.
-- `is_plain` is false where the exact reader has to look: other types than text or digits, escapes, keys that may be there twice.
create or replace temp table candidates as
with recognised as (
    select
        file_number,
        line_number,
        text,
        case
            when contains(text, '"specversion"') then 'cloudevents'
            when contains(text, '"event_name"') then 'stripe'
            else 'native'
        end as shape,
    from lines
),

extracted as (
    select
        *,
        try(case shape
            when 'native' then json_extract(text, [
                '$.id', '$.customer', '$.meter', '$.value', '$.timestamp', '$.received_at', '$.properties', '$.voids'
            ])
            when 'stripe' then json_extract(text, [
                '$.identifier', '$.payload.stripe_customer_id', '$.event_name', '$.payload.value', '$.timestamp', '$.created',
                '$.payload', '$.object', '$.livemode', '$.specversion'
            ])
            else json_extract(text, [
                '$.id', '$.subject', '$.type', '$.data.value', '$.time', '$.receivedat',
                '$.data', '$.source', '$.specversion', '$.datacontenttype'
            ])
        end)::varchar[] as t,
        try(len(json_keys(text))) as key_count,
    from recognised
),

tokens as (
    select
        * exclude (t),
        t[1] as id_token,
        t[2] as customer_token,
        t[3] as meter_token,
        t[4] as value_token,
        t[5] as time_token,
        t[6] as received_token,
        t[7] as object_token,
        case shape when 'native' then null when 'stripe' then null else t[8] end as source_token,
        case shape when 'native' then t[8] end as voids_token,
        case shape when 'cloudevents' then t[9] end as specversion_token,
        (t[1] is not null)::int + (t[3] is not null)::int + (t[5] is not null)::int + (t[6] is not null)::int
        + (t[7] is not null)::int + (t[8] is not null)::int
        + case shape
            when 'native' then (t[2] is not null)::int + (t[4] is not null)::int
            when 'stripe' then (t[9] is not null)::int
            else (t[2] is not null)::int + (t[9] is not null)::int + (t[10] is not null)::int
        end as known_count,
        shape <> 'stripe' or t[10] is null as is_one_shape,
    from extracted
),

checked as (
    select
        file_number,
        line_number,
        text,
        shape,
        id_token,
        customer_token,
        meter_token,
        value_token,
        time_token,
        received_token,
        source_token,
        case
            when object_token is null or object_token in ('null', '{}') then '{}'
            when not starts_with(object_token, '{') then null
            when shape = 'native' then json_normalize(object_token)
            when shape = 'stripe'
                then json_normalize(json_remove(json_remove(object_token, '$.stripe_customer_id'), '$.value'))
            else json_normalize(json_remove(object_token, '$.value'))
        end as properties,
        case when shape = 'stripe' and starts_with(object_token, '{') then json_normalize(object_token) end as payload,
        case when key_count > known_count then json_keys(text) end as keys,
        key_count is not null
        and not regexp_matches(text, ',\s*[}\]]')
        and is_one_shape
        and is_text_token(id_token)
        and is_text_token(meter_token)
        and case shape
            when 'native' then is_text_token(customer_token)
                and (object_token is null or object_token = 'null' or starts_with(object_token, '{'))
                and (voids_token is null or voids_token = 'null')
            when 'stripe' then (customer_token is null or is_text_token(customer_token)) and starts_with(object_token, '{')
                and not (object_token like '%"value"%"value"%')
                and not (object_token like '%"stripe_customer_id"%"stripe_customer_id"%')
            else is_text_token(customer_token) and is_text_token(source_token) and is_text_token(specversion_token)
                and starts_with(object_token, '{') and not (object_token like '%"value"%"value"%')
        end as is_plain,
    from tokens
)

select
    file_number,
    line_number,
    text,
    shape,
    case when shape = 'cloudevents' then source_token[2:-2] else '' end as id_space,
    id_token[2:-2] as event_id,
    customer_token[2:-2] as customer_ref,
    meter_token[2:-2] as meter,
    case
        when value_token is null then null
        when starts_with(value_token, '"') then value_token[2:-2]
        when regexp_full_match(value_token, '[0-9]{1,18}') then value_token
        -- a fraction was read as a double: it is exact when the line has the very same text
        when contains(text, '"value": ' || value_token || ',') or contains(text, '"value": ' || value_token || '}')
            or contains(text, '"value":' || value_token || ',') or contains(text, '"value":' || value_token || '}')
            then value_token
        else 'inexact'
    end as value_text,
    case when starts_with(time_token, '"') then time_token[2:-2] else time_token end as time_text,
    case
        when received_token = 'null' then null
        when starts_with(received_token, '"') then received_token[2:-2]
        else received_token
    end as received_text,
    properties,
    payload,
    keys,
    null::varchar[] as fields,
    is_plain
    and not regexp_matches(properties, '[:\[,]-?[0-9]+[.eE]|[0-9]{17}|\\[u/]|NaN|Infinity')
    and (payload is null or not regexp_matches(payload, '[:\[,]-?[0-9]+[.eE]|[0-9]{17}|\\[u/]|NaN|Infinity')) as is_plain,
from checked

-- rows(file_number, line_number, text, id … voids), all texts, from CSV and Parquet -> candidates of the native shape.
normalized as (
    select
        *,
        case
            when properties is null or properties = '' then '{}'
            when starts_with(properties, '{') then try(json_normalize(properties))::varchar
        end as canonical,
    from rows
),

candidates as (
    select
        file_number,
        line_number,
        text,
        'native' as shape,
        '' as id_space,
        id as event_id,
        customer as customer_ref,
        meter,
        coalesce(value, '') as value_text,
        timestamp as time_text,
        nullif(received_at, '') as received_text,
        canonical as properties,
        null::varchar as payload,
        null::varchar[] as keys,
        [id, customer, meter, value, timestamp, received_at, properties, voids] as fields,
        coalesce(voids, '') = ''
        and id <> '' and not starts_with(id, ' ') and not contains(id, chr(0))
        and customer <> '' and not starts_with(customer, ' ') and not contains(customer, chr(0))
        and meter <> '' and not starts_with(meter, ' ') and not contains(meter, chr(0))
        and not has_dangling_comma(coalesce(properties, '')) as is_plain,
    from normalized
),

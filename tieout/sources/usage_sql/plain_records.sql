-- candidates -> rows of `waiting`; `is_good` marks those that are right beyond doubt, the others are read again by the exact reader.
typed_candidates as (
    select
        *,
        case when regexp_full_match(value_text, '[0-9]{1,18}(?:\.[0-9]{1,12})?') then cast(value_text as decimal(30, 12)) end as value,
        plain_instant(time_text) as occurred_at,
        stated_digits(time_text) as fraction_digits,
        plain_instant(received_text) as received_at,
    from candidates
)

select
    $block as block,
    file_number,
    line_number,
    shape,
    id_space,
    event_id,
    customer_ref,
    meter,
    value,
    occurred_at,
    fraction_digits,
    received_at,
    null::varchar as voids,
    properties,
    payload,
    text as raw,
    keys,
    fields,
    coalesce(
        is_plain
        and is_canonical(properties)
        and is_canonical(coalesce(payload, '{}'))
        and (value is not null or (value_text is null and shape = 'stripe'))
        and is_usable_instant(occurred_at)
        and (received_text is null or (is_usable_instant(received_at) and occurred_at <= received_at + interval 1 hour)),
        false
    ) as is_good,
from typed_candidates

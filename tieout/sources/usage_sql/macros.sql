-- A JSON text token without escapes that is not empty or blank; everything else is for the exact reader.
create or replace temp macro is_text_token(token) as (
    coalesce(
        starts_with(token, '"') and strlen(token) > 2 and not starts_with(token, '" ') and not contains(token, '\'),
        false
    )
);

-- RFC 3339 with offset and at most microseconds, or Unix seconds -> naive UTC; null where the exact reader has to look.
create or replace temp macro plain_instant(t) as (
    case
        when regexp_full_match(t, '[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z')
            then try_cast(t as timestamp)
        when regexp_full_match(t, '[0-9]{1,10}') then make_timestamp(cast(t as bigint) * 1000000)
        when regexp_full_match(
            t, '[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?[+-][01][0-9]:[0-5][0-9]'
        ) then try_cast(t as timestamptz) at time zone 'UTC'
    end
);

create or replace temp macro stated_digits(t) as (
    case when contains(t, '.') then strlen(regexp_extract(t, '\.([0-9]+)', 1)) else 0 end::tinyint
);

create or replace temp macro is_usable_instant(t) as (
    t between timestamp '1970-01-01 00:00:00' and timestamp '9999-12-31 23:59:59.999999'
);

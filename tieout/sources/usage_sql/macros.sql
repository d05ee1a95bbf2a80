-- A JSON text token without escapes that is not empty or blank; everything else is for the exact reader.
create or replace temp macro is_text_token(token) as (
    coalesce(
        starts_with(token, '"') and strlen(token) > 2 and not starts_with(token, '" ') and not contains(token, '\'),
        false
    )
);

-- The text of such a token. Without escapes the quotes are its first and last character.
create or replace temp macro token_text(token) as substring(token, 2, length(token) - 2);

-- The text of a number: a whole number as it is, a text's content. A fraction was read as a double on the way; it is exact when the
-- line has the very same text under this key.
create or replace temp macro value_token_text(token, line) as (
    case
        when starts_with(token, '"') then token_text(token)
        when regexp_full_match(token, '[0-9]{1,18}') then token
        when contains(line, '"value": ' || token || ',') or contains(line, '"value": ' || token || '}')
            or contains(line, '"value":' || token || ',') or contains(line, '"value":' || token || '}')
            then token
        when token is not null then 'inexact'
    end
);

create or replace temp macro instant_token_text(token) as (
    case when starts_with(token, '"') then token_text(token) when token <> 'null' then token end
);

-- Canonical JSON as DuckDB writes it is the exact reader's, but for fractions, long numbers and escapes by number.
create or replace temp macro is_canonical(normalized) as (
    not regexp_matches(normalized, '[:\[,]-?[0-9]+[.eE]|[0-9]{17}|\\[u/]|NaN|Infinity')
);

-- DuckDB reads a comma before a closing bracket, which is no JSON.
create or replace temp macro has_dangling_comma(line) as regexp_matches(line, ',\s*[}\]]');

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

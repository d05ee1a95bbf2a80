-- Casts of one JSON leaf to one typed value: null where it cannot be read (the caller tells absent
-- from unreadable). Leaves come out of from_json as text: a JSON object as its JSON text, a JSON
-- string without its quotes; only leaves of money keep their JSON form (with quotes), so that 1000
-- and "10.00" can be told apart.

create or replace temp macro stripe_text(leaf) as nullif(leaf, '');

-- An id, or the id of the expanded object that stands in its place.
create or replace temp macro stripe_id(leaf) as
    nullif(case when leaf like '{%' then json_extract_string(leaf, '$.id') else leaf end, '');

create or replace temp macro stripe_sub(leaf, path) as
    case when leaf like '{%' then json_extract_string(leaf, path) end;

create or replace temp macro stripe_boolean(leaf) as
    case leaf when 'true' then true when 'false' then false end;

-- Unix seconds up to the year 9999, as a naive UTC instant.
create or replace temp macro stripe_instant(leaf) as
    case
        when
            regexp_full_match(leaf, '[0-9]{1,12}(\.0+)?')
            and try_cast(split_part(leaf, '.', 1) as bigint) <= 253402300799
            then make_timestamp(try_cast(split_part(leaf, '.', 1) as bigint) * 1000000)
    end;

create or replace temp macro stripe_bigint(leaf) as
    case
        when regexp_full_match(leaf, '-?[0-9]{1,18}(\.0+)?')
            then try_cast(split_part(leaf, '.', 1) as bigint)
    end;

create or replace temp macro stripe_integer(leaf) as
    case
        when regexp_full_match(leaf, '-?[0-9]{1,9}(\.0+)?')
            then try_cast(split_part(leaf, '.', 1) as integer)
    end;

-- Intervals of a billing period: Stripe allows three years, which are 1,095 days.
create or replace temp macro stripe_intervals(leaf) as
    case when stripe_integer(leaf) between 1 and 1095 then stripe_integer(leaf) end;

-- At most 18 integer and 12 fractional digits, exactly; a small JSON number may come as 1e-07.
create or replace temp macro stripe_decimal(leaf) as
    case
        when regexp_full_match(leaf, '-?[0-9]{1,18}(\.[0-9]{0,12}0*)?')
            then try_cast(leaf as decimal(30, 12))
        when regexp_full_match(leaf, '-?[0-9](\.[0-9]+)?[eE][+-]?[0-9]{1,2}')
            and try_cast(leaf as decimal(38, 20)) = try_cast(leaf as decimal(30, 12))
            then try_cast(leaf as decimal(30, 12))
    end;

-- The upper end of a tier: null and "inf" are both open.
create or replace temp macro stripe_up_to(leaf) as
    case when leaf <> 'inf' then stripe_decimal(leaf) end;

-- A sum that Stripe answers as a JSON number: what is beyond 12 decimals is noise of the float it
-- came through.
create or replace temp macro stripe_number(leaf) as
    case
        when regexp_full_match(leaf, '-?[0-9]{1,25}(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?')
            then try_cast(leaf as decimal(38, 12))
    end;

create or replace temp macro stripe_currency_factor(currency) as
    case
        when lower(currency) in (
            'bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'vnd', 'vuv',
            'xaf', 'xof', 'xpf'
        ) then 1
        when lower(currency) in ('bhd', 'jod', 'kwd', 'omr', 'tnd') then 1000
        else 100
    end;

create or replace temp macro stripe_whole(amount) as
    case when amount % 1 = 0 and abs(amount) < 1000000000000000 then cast(amount as bigint) end;

-- Minor units. A number, or digits as a string, are minor units; a string with a point ("10.00") is
-- the amount in major units as some tools write it out, and counts when it is whole in minor units
-- (factor: minor units in one). Amounts have at most 15 digits, so that no sum of them overflows.
create or replace temp macro stripe_minor(leaf, factor) as
    case
        when regexp_full_match(leaf, '"-?[0-9]{1,15}\.[0-9]{1,3}"')
            then stripe_whole(cast(trim(leaf, '"') as decimal(25, 3)) * factor)
        when regexp_full_match(leaf, '"?-?[0-9]{1,15}(\.0+)?"?')
            then cast(split_part(trim(leaf, '"'), '.', 1) as bigint)
    end;

-- Whether something else stands where a list should: from_json gives null for it without a word.
create or replace temp macro stripe_is_not_list(object, path) as
    coalesce(json_type(object, path) not in ('ARRAY', 'NULL'), false);

create or replace temp macro stripe_absent_money(leaf) as leaf is null or leaf = '""';

create or replace temp macro stripe_taxes(items, factor) as
    cast(
        coalesce(list_sum(list_transform(items, lambda tax: stripe_minor(tax.amount, factor))), 0)
        as bigint
    );

-- The taxes that come on top of the price, in the words of either shape.
create or replace temp macro stripe_exclusive_taxes(items, factor) as
    stripe_taxes(
        list_filter(
            items,
            lambda tax: coalesce(tax.tax_behavior = 'exclusive', tax.inclusive = 'false', false)
        ),
        factor
    );

-- One discount, expanded or as its bare id; its coupon under either name, expanded or as its id.
create or replace temp macro stripe_coupon(item) as
    coalesce(stripe_sub(item, '$.coupon'), stripe_sub(item, '$.source.coupon'));

create or replace temp macro stripe_discount(item) as
    struct_pack(
        discount_id := stripe_id(item),
        coupon_id := stripe_id(stripe_coupon(item)),
        start_at := stripe_instant(stripe_sub(item, '$.start')),
        end_at := stripe_instant(stripe_sub(item, '$.end')),
        coupon_raw := case when stripe_coupon(item) like '{%' then stripe_coupon(item) end
    );

create or replace temp macro stripe_is_bad_discount(item) as
    item is null
    or (
        stripe_sub(item, '$.start') is not null
        and stripe_instant(stripe_sub(item, '$.start')) is null
    )
    or (
        stripe_sub(item, '$.end') is not null
        and stripe_instant(stripe_sub(item, '$.end')) is null
    );

-- The list of discounts of an object: `discounts`, in which the older single `discount` stands for
-- its own bare id; or that single one alone.
create or replace temp macro stripe_discounts(items, single) as
    case
        when len(items) > 0 then
            list_transform(
                items,
                lambda item: stripe_discount(
                    case when item = json_extract_string(single, '$.id') then single else item end
                )
            )
        when nullif(single, '') is not null then [stripe_discount(single)]
        else list_transform(items, lambda item: stripe_discount(item))
    end;

-- The only item of a subscription as it was: old versions of the API name its quantity and plan
-- among the subscription's own previous values.
create or replace temp macro stripe_only_item_before(item, was) as
    json_merge_patch(
        json_merge_patch(
            item,
            case
                when json_exists(was, '$.plan')
                    then json_object('price', was -> '$.plan.id', 'plan', was -> '$.plan')
                else '{}'
            end
        ),
        case
            when json_exists(was, '$.quantity')
                then json_object('quantity', was -> '$.quantity', 'quantity_decimal', null)
            else '{}'
        end
    );

-- A subscription as it was before an event: what it is now, with the event's previous values.
create or replace temp macro stripe_subscription_before(now, was) as
    json_merge_patch(
        json_merge_patch(
            now,
            case
                when not json_exists(was, '$.items') and json_array_length(now, '$.items.data') = 1
                    then json_object(
                        'items',
                        json_object(
                            'data',
                            json_array(stripe_only_item_before(now -> '$.items.data[0]', was))
                        )
                    )
                else '{}'
            end
        ),
        -- an old version names the one discount, where a newer one lists them
        json_merge_patch(
            case when json_exists(was, '$.discount') then '{"discounts": []}' else '{}' end, was
        )
    );

"""Types landed Stripe objects, set-based in DuckDB: lines of text in, one temp table per dataset of the lake out.

A line is one object as the API returned it; its ``object`` field says what it is. An object inside an event
(``data.object``) gives a row of its own type as well, a *version* that knows when it was so; a subscription's event
gives also what the subscription was before it (``previous_attributes``). Coupons inside discounts and prices inside
subscription items give rows too (``is_embedded``), because they may be landed nowhere else. What cannot be read is
rejected with the names of its fields; what is not wanted is kept as it came. One bad record never stops the rest.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import duckdb

from tieout.sources.stripe_sql.fields import problems, structure_literal, value
from tieout.sources.stripe_sql.money_shapes import SHAPES
from tieout.sources.stripe_sql.shapes import SUBSCRIPTION, Shape
from tieout.store.datasets import DATASETS

UNKNOWN: Final = "stripe_unknown_objects"
REJECTS: Final = "landing_rejects"
EMBEDDED: Final = ("coupon", "price")
PREVIOUS: Final = "previous_subscription"

_LINES: Final = """
create or replace temp table typed_heads as
with heads as (
    select
        file_hash,
        line_number,
        text,
        case
            when json_valid(text) and json_type(text) = 'OBJECT'
                then from_json(
                    text,
                    '{"object": "VARCHAR", "id": "VARCHAR", "livemode": "VARCHAR", "type": "VARCHAR",
                      "api_version": "VARCHAR", "created": "VARCHAR",
                      "data": {"object": {"object": "VARCHAR", "id": "VARCHAR", "livemode": "VARCHAR"}}}'
                )
        end as head,
    from landed_lines
)
select
    *,
    case
        when not json_valid(text) then 'broken_json'
        when json_type(text) <> 'OBJECT' then 'not_an_object'
        when nullif(head.object, '') is null then 'no_object_type'
    end as reason,
from heads
"""

_OBJECTS: Final = """
create or replace temp table typed_objects as
select
    file_hash,
    line_number,
    head.object as object_type,
    stripe_text(head.id) as object_id,
    null::varchar as event_id,
    null::varchar as event_type,
    null::timestamp as event_at,
    case when head.object = 'event' then stripe_text(head.api_version) end as api_version,
    stripe_boolean(head.livemode) as is_livemode,
    false as is_embedded,
    text as raw,
from typed_heads
where reason is null
union all
-- An invoice that is only forecast (invoice.upcoming) has no id and is no version of anything.
select
    file_hash,
    line_number,
    head.data.object.object,
    stripe_text(head.data.object.id),
    stripe_text(head.id),
    stripe_text(head.type),
    stripe_instant(head.created),
    stripe_text(head.api_version),
    coalesce(stripe_boolean(head.data.object.livemode), stripe_boolean(head.livemode)),
    false,
    cast(json_extract(text, '$.data.object') as varchar),
from typed_heads
where
    reason is null
    and head.object = 'event'
    and head.data.object.object <> 'event'
    and nullif(head.data.object.id, '') is not null
"""

# What a subscription was before an event: its present object with the previous values put back.
_PREVIOUS: Final = f"""
insert into typed_objects
with events as (
    select
        *,
        json_extract(text, '$.data.object') as now,
        json_extract(text, '$.data.previous_attributes') as was,
    from typed_heads
    where reason is null and head.object = 'event' and head.type = 'customer.subscription.updated'
)
select
    file_hash,
    line_number,
    '{PREVIOUS}',
    stripe_text(head.data.object.id),
    stripe_text(head.id),
    stripe_text(head.type),
    stripe_instant(head.created),
    stripe_text(head.api_version),
    coalesce(stripe_boolean(head.data.object.livemode), stripe_boolean(head.livemode)),
    false,
    cast(stripe_subscription_before(now, was) as varchar),
from events
where json_type(was) = 'OBJECT' and json_type(now) = 'OBJECT' and nullif(head.data.object.id, '') is not null
"""

# What is only found inside others; the same text is one row per batch, from the smallest place it is found at.
_EMBEDDED: Final = """
insert into typed_objects
with places as (
    {places}
)
select
    arg_min(file_hash, (file_hash, line_number)),
    arg_min(line_number, (file_hash, line_number)),
    '{object_type}',
    json_extract_string(found, '$.id'),
    null,
    null,
    null,
    null,
    is_livemode,
    true,
    found,
from places
where found like '{{%' and json_extract_string(found, '$.object') = '{object_type}'
group by found, is_livemode
"""
_PLACE: Final = "select file_hash, line_number, is_livemode, unnest({list_sql}) as found from {dataset}"
_COUPONS_OF: Final = "list_transform({discounts}, lambda each: each.coupon_raw)"

_PARSED: Final = """
create or replace temp table parsed_objects as
with parsed_objects as (
    select *, from_json(raw, {structure}) as parsed
    from typed_objects
    where object_type = '{object_type}' and is_embedded = {is_embedded}
)
select *, stripe_currency_factor({currency}) as factor from parsed_objects
"""
_CAST: Final = """
create or replace temp table cast_objects as
select
    {values},
    list_filter([{problems}], lambda name: name is not null) as problems,
from parsed_objects
"""
_GOOD: Final = "insert into typed_{dataset} select {columns} from cast_objects where len(problems) = 0"
_BAD: Final = """
insert into typed_problems
select file_hash, line_number, array_to_string(list_sort(list_distinct(problems)), ', ')
from cast_objects
where len(problems) > 0
"""
_UNKNOWN: Final = """
insert into typed_stripe_unknown_objects
select
    {batch_number}, file_hash, line_number, event_id, event_type, event_at, api_version, is_livemode, raw,
    object_type, object_id
from typed_objects
where event_id is null and object_type not in ({wanted})
"""
_REJECTS: Final = """
insert into typed_landing_rejects
with found as (
    select file_hash, line_number, reason, cast(null as varchar) as detail
    from typed_heads
    where reason is not null
    union all
    select file_hash, line_number, 'unreadable_field', string_agg(distinct problem, ', ' order by problem)
    from typed_problems
    group by file_hash, line_number
)
select {batch_number}, found.file_hash, found.line_number, 'stripe', found.reason, found.detail, landed_lines.text
from found
inner join landed_lines on found.file_hash = landed_lines.file_hash and found.line_number = landed_lines.line_number
"""


def type_objects(connection: duckdb.DuckDBPyConnection, batch_number: int) -> dict[str, str]:
    """Types every row of the temp table ``landed_lines(file_hash varchar, line_number bigint, text varchar)``.

    Gives dataset → name of the temp table with exactly the declared columns: every ``stripe_*`` dataset of the lake,
    and ``landing_rejects`` (reasons ``broken_json``, ``not_an_object``, ``no_object_type``, ``unreadable_field``;
    ``detail`` names the fields). Every line is found again in a row of a dataset or of the rejects.
    """
    connection.execute(_macros())
    connection.execute(_LINES)
    connection.execute(_OBJECTS)
    connection.execute(_PREVIOUS)
    previous = Shape("stripe_previous_subscriptions", SUBSCRIPTION)
    datasets = (*(shape.dataset for shape in SHAPES.values()), previous.dataset, UNKNOWN, REJECTS)
    tables = {dataset: f"typed_{dataset}" for dataset in datasets}
    for dataset, table in tables.items():
        columns = ", ".join(f'"{name}" {kind}' for name, kind in DATASETS[dataset].items())
        connection.execute(f"create or replace temp table {table} ({columns})")
    connection.execute(
        "create or replace temp table typed_problems (file_hash varchar, line_number bigint, problem varchar)"
    )
    for object_type, shape in SHAPES.items():
        _type_one(connection, object_type, shape, batch_number, is_embedded=False)
    _type_one(connection, PREVIOUS, previous, batch_number, is_embedded=False)
    _find_embedded(connection)
    for object_type in EMBEDDED:
        _type_one(connection, object_type, SHAPES[object_type], batch_number, is_embedded=True)
    wanted = ", ".join(f"'{name}'" for name in SHAPES)
    connection.execute(_UNKNOWN.format(batch_number=batch_number, wanted=wanted))
    connection.execute(_REJECTS.format(batch_number=batch_number))
    for scratch in ("typed_heads", "typed_objects", "typed_problems", "parsed_objects", "cast_objects"):
        connection.execute(f"drop table if exists {scratch}")
    return tables


def _type_one(
    connection: duckdb.DuckDBPyConnection, object_type: str, shape: Shape, batch_number: int, *, is_embedded: bool
) -> None:
    """Parses the objects of one type; the readable ones go to their dataset, the others' problems are noted."""
    declared = DATASETS[shape.dataset]
    own = {field.column: value(field, "parsed") for field in shape.fields}
    own["batch_number"] = str(batch_number)
    values = ",\n    ".join(f'cast({own.get(name, name)} as {kind}) as "{name}"' for name, kind in declared.items())
    named = [problem for field in shape.fields for problem in problems(field, "parsed")]
    parse = _PARSED.format(
        structure=structure_literal(shape.fields),
        currency=shape.currency,
        object_type=object_type,
        is_embedded=str(is_embedded).lower(),
    )
    # Planning one of the wide statements takes longer than a day's objects: types that did not land are left out.
    if connection.execute(parse).fetchall() == [(0,)]:
        return
    connection.execute(_CAST.format(values=values, problems=", ".join(named)))
    columns = ", ".join(f'"{name}"' for name in declared)
    connection.execute(_GOOD.format(dataset=shape.dataset, columns=columns))
    connection.execute(_BAD)


def _find_embedded(connection: duckdb.DuckDBPyConnection) -> None:
    """Adds the coupons and prices that stand inside the objects typed so far to the objects to be typed."""
    coupons = [
        _PLACE.format(list_sql=_COUPONS_OF.format(discounts=discounts), dataset=f"typed_{dataset}")
        for dataset, discounts in (
            ("stripe_customers", "discounts"),
            ("stripe_subscriptions", "discounts"),
            ("stripe_subscriptions", "flatten(list_transform(items, lambda item: item.discounts))"),
            ("stripe_invoices", "discounts"),
            ("stripe_invoices", "flatten(list_transform(lines, lambda line: line.discounts))"),
            ("stripe_line_items", "discounts"),
            ("stripe_invoice_items", "discounts"),
        )
    ]
    coupons.append(_PLACE.format(list_sql="[coupon_raw]", dataset="typed_stripe_discounts"))
    prices = [
        _PLACE.format(
            list_sql="list_transform(items, lambda item: item.price_raw)", dataset="typed_stripe_subscriptions"
        )
    ]
    for object_type, places in (("coupon", coupons), ("price", prices)):
        connection.execute(_EMBEDDED.format(object_type=object_type, places="\n    union all\n    ".join(places)))


@cache
def _macros() -> str:
    return files("tieout.sources.stripe_sql").joinpath("macros.sql").read_text(encoding="utf-8")

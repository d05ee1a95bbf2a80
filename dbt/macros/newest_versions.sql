{# The one version that counts of every id: nothing here looks at the order in which
   files came.

   id        column, or list of columns, that names the object
   settled   integer expressions that only ever grow over the object's life (terminal statuses,
             amounts refunded): they decide first
   evidence  integer expressions that tell whether a listing is behind the newest event, and order
             versions of one second
   ties      integer expressions that only order versions of one second
   core      columns that change only together with an event; by default the whole object
   changes   the events with what was there before them (`previous_attributes`), where they matter
   repeats   whether the object may stand twice on one line, as a price on two items of a subscription

   A listing has no time of its own. It is placed at the newest event that shows the same object, or
   else the same core; one that no event shows is older than the events when its evidence is behind
   theirs, or when it still has what an event has changed for good, and newer when not. In one second
   the version that another event of that second says was there before it is the older one. At the
   same place a listing that shows something else than the event counts, since some changes have no
   event. What then is still equal is decided by the object's text with its keys sorted: the greater
   one. #}
{% macro newest_versions(versions, id, settled=[], evidence=[], core=[], ties=[], changes=none, repeats=false) -%}
{%- set ids = [id] if id is string else id -%}
{%- set id_list = ids | join(', ') -%}
{%- set place = ids + ['file_hash', 'line_number'] -%}
with

-- What decides, and where the version stands; the objects themselves are fetched at the end.
judged as (

    select
        {{ place | join(', ') }},
        event_id,
        event_at,
        {{ growing_list(settled) }} as settled_list,
        {{ growing_list(evidence) }} as evidence_list,
        {{ growing_list(ties) }} as tie_list,
        hash(json(raw)) as object_hash,
        hash({{ core | join(', ') or 'json(raw)' }}) as core_hash,
    from {{ versions }}

),

newest_events as (

    select
        {{ id_list }},
        max_by(
            {'evidence_list': evidence_list, 'file_hash': file_hash, 'line_number': line_number},
            (event_at, evidence_list, tie_list, object_hash, file_hash, line_number)
        ) as newest,
    from judged
    where event_at is not null
    group by {{ id_list }}

),

event_objects as (

    select
        {{ id_list }},
        object_hash,
        max(event_at) as seen_at,
    from judged
    where event_at is not null
    group by {{ id_list }}, object_hash

),

event_cores as (

    select
        {{ id_list }},
        core_hash,
        max(event_at) as seen_at,
    from judged
    where event_at is not null
    group by {{ id_list }}, core_hash

),

placed as (

    select
        judged.*,
        case
            when judged.event_at is not null then judged.event_at
            when event_objects.seen_at is not null then event_objects.seen_at
            when event_cores.seen_at is not null then event_cores.seen_at
            when judged.evidence_list < newest_events.newest.evidence_list
                then timestamp '-infinity'
            else timestamp 'infinity'
        end as seen_at,
        event_objects.seen_at is null as is_beyond_event,
    from judged
    left join event_objects
        on {{ same_columns('judged', 'event_objects', ids) }}
        and judged.object_hash = event_objects.object_hash
    left join event_cores
        on {{ same_columns('judged', 'event_cores', ids) }}
        and judged.core_hash = event_cores.core_hash
    left join newest_events
        on {{ same_columns('judged', 'newest_events', ids) }}

),

{% if changes -%}
changes as (

    select distinct
        {{ prefixed_columns('judged', ids) }},
        judged.event_at,
        judged.object_hash,
        events.previous_attributes,
    from judged
    inner join {{ changes }} as events on judged.event_id = events.event_id
    where events.previous_attributes is not null

),

-- Only a version at a change's own instant, or one that no event places, can be what was there
-- before it; reading objects is dear, so it is asked of these pairs alone.
pairs as (

    select distinct
        {{ prefixed_columns('placed', place) }},
        placed.object_hash,
        placed.seen_at,
        changes.previous_attributes,
        case when placed.seen_at = timestamp 'infinity' then newest_events.newest end as newest,
    from placed
    inner join changes
        on {{ same_columns('placed', 'changes', ids) }}
        and placed.object_hash <> changes.object_hash
        and placed.seen_at in (changes.event_at, timestamp 'infinity')
    inner join newest_events on {{ same_columns('placed', 'newest_events', ids) }}

),

-- Read for the pairs alone: all objects whole would not fit in memory.
objects as (

    select
        {{ place | join(', ') }},
        raw,
    from {{ versions }}
    where
        ({{ place | join(', ') }}) in (
            select ({{ place | join(', ') }}) from pairs
            union
            select ({{ id_list }}, newest.file_hash, newest.line_number) from pairs
        )

),

shown as (

    select
        pairs.*,
        objects.raw,
        newest_objects.raw as newest_raw,
    from pairs
    inner join objects on {{ same_columns('pairs', 'objects', place) }}
    left join objects as newest_objects
        on {{ same_columns('pairs', 'newest_objects', ids) }}
        and pairs.newest.file_hash = newest_objects.file_hash
        and pairs.newest.line_number = newest_objects.line_number

),

-- What a version still has, and an event says was there before it. A change that was taken back
-- later tells nothing of a version that no event places.
overtaken as (

    select distinct
        {{ id_list }},
        object_hash,
        seen_at,
        true as is_overtaken,
    from shown
    where
        {{ carries('shown.raw', 'shown.previous_attributes') }}
        and (
            shown.newest_raw is null
            or not {{ carries('shown.newest_raw', 'shown.previous_attributes') }}
        )

),

ordered as (

    select
        placed.* replace (
            case
                when overtaken.is_overtaken and placed.seen_at = timestamp 'infinity'
                    then timestamp '-infinity'
                else placed.seen_at
            end as seen_at
        ),
        overtaken.is_overtaken is null as is_last,
    from placed
    left join overtaken
        on {{ same_columns('placed', 'overtaken', ids) }}
        and placed.object_hash = overtaken.object_hash
        and placed.seen_at = overtaken.seen_at

),
{%- else -%}
ordered as (

    select
        *,
        true as is_last,
    from placed

),
{%- endif %}

newest as (

    select *
    from ordered
    qualify rank() over (
        partition by {{ id_list }}
        order by
            settled_list desc,
            seen_at desc,
            evidence_list desc,
            tie_list desc,
            is_last desc,
            is_beyond_event desc
    ) = 1

),

undecided as (

    select {{ id_list }}
    from newest
    group by {{ id_list }}
    having count(distinct object_hash) > 1

),

texts as (

    select
        {{ prefixed_columns('newest', place) }},
        (
            select
                list(
                    (leaf.fullkey, coalesce(cast(leaf.atom as varchar), 'null'))
                    order by leaf.fullkey
                )
            from json_tree(versions.raw) as leaf
            where leaf.type not in ('OBJECT', 'ARRAY')
        ) as sorted_text,
    from newest
    inner join undecided on {{ same_columns('newest', 'undecided', ids) }}
    inner join {{ versions }} as versions
        on {{ same_columns('newest', 'versions', place) }}

),

chosen as (

    select
        {{ prefixed_columns('newest', place) }},
        newest.seen_at,
        newest.is_beyond_event,
    from newest
    left join texts on {{ same_columns('newest', 'texts', place) }}
    qualify row_number() over (
        partition by {{ prefixed_columns('newest', ids) }}
        order by texts.sorted_text desc nulls last, newest.file_hash, newest.line_number
    ) = 1

),

final as (

    -- `seen_at` is the instant at which an event bears the version out, null where none does;
    -- `is_beyond_event` tells a listing that shows something no event shows
    select
        versions.* exclude (batch_number, event_id, event_type, event_at, api_version, raw),
        case when isfinite(chosen.seen_at) then chosen.seen_at end as seen_at,
        chosen.is_beyond_event,
    from {{ versions }} as versions
    inner join chosen on {{ same_columns('versions', 'chosen', place) }}
    {%- if repeats %}
    -- asked only where it can be, since a window holds all objects whole in memory
    qualify row_number() over (
        partition by {{ prefixed_columns('versions', ids) }} order by hash(json(versions.raw))
    ) = 1
    {%- endif %}

)
{%- endmacro %}

{% macro growing_list(expressions) -%}
[
{%- for each in expressions %}cast(coalesce({{ each }}, -1) as hugeint), {% endfor -%}
cast(0 as hugeint)]
{%- endmacro %}

{% macro same_columns(left, right, columns) -%}
{% for column in columns -%}
{{ 'and ' if not loop.first }}{{ left }}.{{ column }} = {{ right }}.{{ column }}
{% endfor %}
{%- endmacro %}

{% macro prefixed_columns(relation, columns) -%}
{% for column in columns -%}
{{ ', ' if not loop.first }}{{ relation }}.{{ column }}
{%- endfor %}
{%- endmacro %}

{# Whether an object has all the values that an event names as previous; null where it names none.
   Lists are named whole, so they must be equally long; null and absent are the same. #}
{% macro carries(object, previous) -%}
(
    select
        bool_and(
            case
                when was.type = 'ARRAY'
                    then coalesce(
                        json_array_length({{ object }}, was.fullkey) = json_array_length(was.value),
                        false
                    )
                else ({{ object }} ->> was.fullkey)
                    is not distinct from (case when was.type <> 'NULL' then was.value ->> '$' end)
            end
        )
    from json_tree({{ previous }}) as was
    where was.type <> 'OBJECT'
)
{%- endmacro %}

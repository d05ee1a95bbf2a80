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

   A listing has no time of its own. It is placed at the newest event that shows the same object, or
   else the same core; one that no event shows is older than the events when its evidence is behind
   theirs, or when it still has what an event has changed for good, and newer when not. In one second
   the version that another event of that second says was there before it is the older one. At the
   same place a listing that shows something else than the event counts, since some changes have no
   event. What then is still equal is decided by the object's text with its keys sorted: the greater
   one. #}
{% macro newest_versions(versions, id, settled=[], evidence=[], core=[], ties=[], changes=none) -%}
{%- set ids = [id] if id is string else id -%}
{%- set id_list = ids | join(', ') -%}
with

versions as (

    select * from {{ versions }}

),

judged as (

    select
        *,
        {{ growing_list(settled) }} as settled_list,
        {{ growing_list(evidence) }} as evidence_list,
        {{ growing_list(ties) }} as tie_list,
        hash(json(raw)) as object_hash,
        hash({{ core | join(', ') or 'json(raw)' }}) as core_hash,
    from versions

),

newest_events as (

    select
        {{ id_list }},
        max_by(evidence_list, (event_at, evidence_list, tie_list)) as evidence_list,
        max_by(raw, (event_at, evidence_list, tie_list, raw)) as raw,
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
            when judged.evidence_list < newest_events.evidence_list then timestamp '-infinity'
            else timestamp 'infinity'
        end as seen_at,
        event_objects.seen_at is null as is_beyond_event,
    from judged
    left join event_objects
        on {{ same_ids('judged', 'event_objects', ids) }}
        and judged.object_hash = event_objects.object_hash
    left join event_cores
        on {{ same_ids('judged', 'event_cores', ids) }}
        and judged.core_hash = event_cores.core_hash
    left join newest_events
        on {{ same_ids('judged', 'newest_events', ids) }}

),

{% if changes -%}
changes as (

    select distinct
        {{ prefixed_ids('judged', ids) }},
        judged.event_at,
        judged.object_hash,
        events.previous_attributes,
    from judged
    inner join {{ changes }} as events on judged.event_id = events.event_id
    where events.previous_attributes is not null

),

-- what a version still has, and an event says was there before it
overtaken as (

    select distinct
        {{ prefixed_ids('placed', ids) }},
        placed.object_hash,
        placed.seen_at,
        true as is_overtaken,
    from placed
    inner join changes
        on {{ same_ids('placed', 'changes', ids) }}
        and placed.object_hash <> changes.object_hash
    inner join newest_events on {{ same_ids('placed', 'newest_events', ids) }}
    where
        case
            when placed.seen_at = changes.event_at
                then {{ carries('placed.raw', 'changes.previous_attributes') }}
            -- a change that was taken back later tells nothing
            when placed.seen_at = timestamp 'infinity'
                then {{ carries('placed.raw', 'changes.previous_attributes') }}
                and not {{ carries('newest_events.raw', 'changes.previous_attributes') }}
        end

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
        on {{ same_ids('placed', 'overtaken', ids) }}
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

ranked as (

    select
        *,
        rank() over (
            partition by {{ id_list }}
            order by
                settled_list desc,
                seen_at desc,
                evidence_list desc,
                tie_list desc,
                is_last desc,
                is_beyond_event desc
        ) as newness,
    from ordered

),

newest as (

    select * from ranked
    where newness = 1

),

undecided as (

    select
        {{ id_list }},
        true as is_undecided,
    from newest
    group by {{ id_list }}
    having count(distinct raw) > 1

),

texts as (

    select distinct
        newest.raw,
        (
            select
                list(
                    (leaf.fullkey, coalesce(cast(leaf.atom as varchar), 'null'))
                    order by leaf.fullkey
                )
            from json_tree(newest.raw) as leaf
            where leaf.type not in ('OBJECT', 'ARRAY')
        ) as sorted_text,
    from newest
    inner join undecided using ({{ id_list }})

),

final as (

    -- `seen_at` is the instant at which an event bears the version out, null where none does;
    -- `is_beyond_event` tells a listing that shows something no event shows
    select newest.* exclude (
        batch_number,
        event_id,
        event_type,
        event_at,
        api_version,
        settled_list,
        evidence_list,
        tie_list,
        object_hash,
        core_hash,
        is_last,
        newness,
    ) replace (case when isfinite(newest.seen_at) then newest.seen_at end as seen_at),
    from newest
    left join texts on newest.raw = texts.raw
    qualify row_number() over (
        partition by {{ id_list }}
        order by texts.sorted_text desc nulls last, newest.file_hash, newest.line_number
    ) = 1

)
{%- endmacro %}

{% macro growing_list(expressions) -%}
[
{%- for each in expressions %}cast(coalesce({{ each }}, -1) as hugeint), {% endfor -%}
cast(0 as hugeint)]
{%- endmacro %}

{% macro same_ids(left, right, ids) -%}
{% for column in ids -%}
{{ 'and ' if not loop.first }}{{ left }}.{{ column }} = {{ right }}.{{ column }}
{% endfor %}
{%- endmacro %}

{% macro prefixed_ids(relation, ids) -%}
{% for column in ids -%}
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

{# The one version that counts of every id: nothing here looks at the order in which
   files came.

   id        column, or list of columns, that names the object
   settled   integer expressions that only ever grow over the object's life (terminal statuses,
             amounts refunded): they decide first
   evidence  integer expressions that tell whether a listing is behind the newest event, and order
             versions of one second
   ties      integer expressions that only order versions of one second
   core      columns that change only together with an event; by default the whole object

   A listing has no time of its own. It is placed at the newest event that shows the same object, or
   else the same core; one that no event shows is older than the events when its evidence is behind
   theirs, and newer when it is not. At the same place a listing that shows something else than the
   event counts, since some changes have no event. What then is still equal is decided by the
   object's text with its keys sorted: the greater one. #}
{% macro newest_versions(versions, id, settled=[], evidence=[], core=[], ties=[]) -%}
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
                is_beyond_event desc
        ) as newness,
    from placed

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
{%- for each in expressions %}cast(coalesce({{ each }}, -1) as bigint), {% endfor -%}
cast(0 as bigint)]
{%- endmacro %}

{% macro same_ids(left, right, ids) -%}
{% for column in ids -%}
{{ 'and ' if not loop.first }}{{ left }}.{{ column }} = {{ right }}.{{ column }}
{% endfor %}
{%- endmacro %}

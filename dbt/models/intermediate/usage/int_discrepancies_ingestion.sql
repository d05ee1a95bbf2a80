-- What is wrong with usage before it is metered: records that cannot be read, ids with two contents, usage of unknown
-- customers and of unknown or retired meters.
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

quarantine as (

    select * from {{ ref('usage_quarantine') }}

),

events as (

    select * from {{ ref('int_usage_events_resolved') }}

),

void_events as (

    select * from {{ ref('int_usage_events') }}
    where voids is not null and conflicts > 0

),

windows as (

    select * from {{ ref('int_usage_windows_billed') }}

),

landed_files as (

    select * from {{ ref('stg_runs__landed_files') }}

),

-- the day that a record tells of, where one can still be read in it
unread as (

    select
        *,
        coalesce(
            try_cast(regexp_extract(raw, '\d{4}-\d{2}-\d{2}') as timestamp),
            make_timestamp(
                1000000 * try_cast(regexp_extract(raw, '"timestamp": *"?(\d{10})', 1) as bigint)
            )
        ) >= date_trunc('month', (select as_of from parameters)) as is_running,
    from quarantine

),

invalid as (

    select
        {{ discrepancy(
            kind="'usage_invalid'",
            object_id="file || ':' || line_number",
            stage="case when is_running then 'preventable' else 'billed' end",
            detail='coalesce(detail, reason)',
            evidence="to_json({
                'file': file,
                'line_number': line_number,
                'reason': reason,
                'raw': left(raw, 500)
            })",
        ) }}
    from unread

),

conflicting as (

    select
        id_space, event_id, customer_id, customer_ref, meter, value, occurred_at, first_received_at,
        properties, null as voids, other_records, conflicts, file_hash, line_number,
    from events
    where conflicts > 0 and not is_ambiguous_customer
    union all by name
    select
        id_space, event_id, null as customer_id, customer_ref, meter, value, occurred_at, first_received_at,
        properties, voids, other_records, conflicts, file_hash, line_number,
    from void_events

),

-- in words only the first of the other contents is told; the evidence has more
paired as (

    select
        conflicting.*,
        other_records[1] as other,
    from conflicting

),

described as (

    select
        conflicting.*,
        landed_files.path || ':' || conflicting.line_number as place,
        concat_ws(
            ', ',
            case
                when conflicting.voids is distinct from other.voids
                    then 'one takes back another event and the other does not'
            end,
            case
                when value is distinct from other.value and value is not null and other.value is not null
                    then format(
                        'value {} and {}',
                        {{ format_quantity('value') }},
                        {{ format_quantity('other.value') }}
                    )
            end,
            case
                when epoch_us(occurred_at) // 1000000 <> epoch_us(other.occurred_at) // 1000000
                    then format(
                        'time {} and {}',
                        strftime(occurred_at, '%Y-%m-%d %H:%M:%S'),
                        strftime(other.occurred_at, '%Y-%m-%d %H:%M:%S')
                    )
                when occurred_at <> other.occurred_at and value = other.value
                    then 'time within one second'
            end,
            case
                when customer_ref <> other.customer_ref
                    then format('customer {} and {}', customer_ref, other.customer_ref)
            end,
            case
                when meter <> other.meter then format('meter {} and {}', meter, other.meter)
            end,
            case when properties <> other.properties then 'other properties' end
        ) as detail,
        exists (
            select 1
            from windows
            where
                windows.customer_id = conflicting.customer_id
                and windows.meter = conflicting.meter
                and windows.window_start <= conflicting.occurred_at
                and windows.window_end > conflicting.occurred_at
        ) as is_billed,
    from paired as conflicting
    left join landed_files on conflicting.file_hash = landed_files.file_hash

),

conflicts as (

    select
        {{ discrepancy(
            kind="'usage_conflict'",
            customer_id='customer_id',
            meter='meter',
            object_id="case when id_space = '' then event_id else id_space || '/' || event_id end",
            stage="case when is_billed then 'billed' else 'preventable' end",
            detail="coalesce(nullif(detail, ''), 'other content')",
            evidence="to_json({
                'event_id': event_id,
                'source': nullif(id_space, ''),
                'counted': {
                    'place': place,
                    'customer': customer_ref,
                    'meter': meter,
                    'value': value::varchar,
                    'occurred_at': occurred_at,
                    'first_received_at': first_received_at,
                    'properties': properties
                },
                'not_counted': list_transform(other_records[1:20], lambda other: {
                    'customer': other.customer_ref,
                    'meter': other.meter,
                    'value': other.value::varchar,
                    'occurred_at': other.occurred_at,
                    'received_at': other.received_at,
                    'properties': other.properties,
                    'line_number': other.line_number
                }),
                'records_not_counted': conflicts
            })",
            variant="nullif(id_space, '')",
        ) }}
    from described

),

by_reference as (

    select
        customer_ref,
        count(*) as events,
        sum(value)::decimal(38, 12) as quantity,
        list(distinct meter order by meter) as meters,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        list(event_id order by occurred_at, event_id)[1:10] as event_ids,
        date_trunc('month', max(occurred_at)) >= date_trunc('month', (select as_of from parameters))
        as is_running,
    from events
    where is_unknown_customer and not is_voided
    group by customer_ref

),

unknown_customers as (

    select
        {{ discrepancy(
            kind="'usage_unknown_customer'",
            object_id='customer_ref',
            stage="case when is_running then 'preventable' else 'billed' end",
            detail="format(
                '{} event{} from {} to {}',
                events,
                case when events = 1 then '' else 's' end,
                strftime(first_at, '%Y-%m-%d'),
                strftime(last_at, '%Y-%m-%d')
            )",
            evidence="to_json({
                'reference': customer_ref,
                'events': events,
                'meters': meters,
                'first_at': first_at,
                'last_at': last_at,
                'event_ids': event_ids
            })",
        ) }}
    from by_reference

),

by_meter as (

    select
        meter,
        any_value(meter_id) as meter_id,
        count(*) as events,
        count(distinct customer_ref) as customers,
        sum(value)::decimal(38, 12) as quantity,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        list(event_id order by occurred_at, event_id)[1:10] as event_ids,
        date_trunc('month', max(occurred_at)) >= date_trunc('month', (select as_of from parameters))
        as is_running,
    from events
    where is_unknown_meter and not is_voided
    group by meter

),

unknown_meters as (

    select
        {{ discrepancy(
            kind="'usage_unknown_meter'",
            meter='meter',
            stage="case when is_running then 'preventable' else 'billed' end",
            detail="format(
                '{} event{} worth {} from {} to {}{}',
                events,
                case when events = 1 then '' else 's' end,
                " ~ format_quantity('quantity') ~ ",
                strftime(first_at, '%Y-%m-%d'),
                strftime(last_at, '%Y-%m-%d'),
                case when meter_id is not null then ', after it was retired' else '' end
            )",
            evidence="to_json({
                'meter': meter,
                'meter_id': meter_id,
                'events': events,
                'customers': customers,
                'quantity': " ~ format_quantity('quantity') ~ ",
                'first_at': first_at,
                'last_at': last_at,
                'event_ids': event_ids
            })",
        ) }}
    from by_meter

),

final as (

    select * from invalid
    union all
    select * from conflicts
    union all
    select * from unknown_customers
    union all
    select * from unknown_meters

)

select * from final

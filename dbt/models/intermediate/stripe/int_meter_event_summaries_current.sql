-- A summary is known by its window, whatever id it was answered with; asked again later, it can
-- only have grown.
{{ newest_versions(
    ref('stg_stripe__meter_event_summaries'),
    ['customer_id', 'meter_id', 'start_at', 'end_at'],
    settled=[
        "floor(aggregated_value)",
        "(aggregated_value - floor(aggregated_value)) * 1000000000000",
    ],
) }}

select * from final

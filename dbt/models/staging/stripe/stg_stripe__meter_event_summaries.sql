{{ stripe_versions('stripe_meter_event_summaries') }}

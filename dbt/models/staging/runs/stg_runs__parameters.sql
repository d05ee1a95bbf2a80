with

source as (

    select * from {{ source('lake', 'run_parameters') }}

),

final as (

    select
        run_id,
        as_of,
        previous_as_of,
        landed_batches,
        ledger_batches,
        ledger_entries,
        is_livemode,
        health_runs_kept,
        rounding_mode,
        amount_off_remainder,
        invoice_missing_grace_hours,
        invoice_stuck_grace_hours,
        event_grace_hours,
        dunning_grace_days,
        timestamp_tolerance_seconds,
        small_impact_minor,
        large_impact_minor,
        severities,
        anomaly_days,
        anomaly_score_min_tenths,
        anomaly_change_min,
        metering_lag_limit_hours,
        metering_quiet_limit_hours,
    from source

)

select * from final

-- What the run saw and did, in figures: this run's rows, and those of the runs before it (lake.health).
with

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

previous as (

    select * from {{ ref('stg_runs__health') }}

),

landed_files as (

    select * from {{ ref('stg_runs__landed_files') }}

),

usage_daily as (

    select * from {{ ref('usage_daily') }}

),

usage_quarantine as (

    select * from {{ ref('usage_quarantine') }}

),

landing_quarantine as (

    select * from {{ ref('landing_quarantine') }}

),

customers as (

    select * from {{ ref('customers') }}

),

invoices as (

    select * from {{ ref('invoices') }}

),

expected_invoices as (

    select * from {{ ref('expected_invoices') }}

),

expected_lines as (

    select * from {{ ref('expected_invoice_lines') }}

),

reconciliation as (

    select * from {{ ref('invoice_reconciliation') }}

),

discrepancies as (

    select * from {{ ref('discrepancies') }}

),

-- one row per folder of the landing area
landed_by_folder as (

    select
        folder,
        count(*) as files,
        sum(size_bytes)::bigint as bytes,
        sum(record_count)::bigint as records,
    from landed_files
    group by folder

),

landed_measures as (

    select 'landed_files/' || folder as measure, files as value, 'files' as unit
    from landed_by_folder
    union all
    select 'landed_bytes/' || folder, bytes, 'bytes' from landed_by_folder
    union all
    select 'landed_records/' || folder, records, 'rows' from landed_by_folder

),

table_measures as (

    select
        'usage_events' as measure,
        coalesce(sum(events), 0)::bigint as value,
        'rows' as unit,
    from usage_daily
    union all
    select 'usage_duplicates', coalesce(sum(duplicates), 0)::bigint, 'rows' from usage_daily
    union all
    select 'usage_conflicts', coalesce(sum(conflicts), 0)::bigint, 'rows' from usage_daily
    union all
    select 'usage_late_events', coalesce(sum(late_events), 0)::bigint, 'rows' from usage_daily
    union all
    select 'lag_seconds_max', max(lag_seconds_max)::bigint, 'seconds' from usage_daily
    union all
    select 'customers', count(*), 'rows' from customers
    union all
    select 'invoices', count(*), 'rows' from invoices
    union all
    select 'expected_invoices', count(*), 'rows' from expected_invoices

),

quarantine_measures as (

    select 'usage_quarantined/' || reason as measure, count(*) as value, 'rows' as unit
    from usage_quarantine
    group by reason
    union all
    select 'landing_quarantined/' || reason, count(*), 'rows'
    from landing_quarantine
    group by reason

),

reconciled_lines as (

    select
        reconciliation.status,
        reconciliation.reason,
        abs(reconciliation.actual_minor) as invoiced_minor,
        coalesce(invoices.currency, expected_invoices.currency, '') as currency,
    from reconciliation
    left join invoices using (invoice_id)
    left join expected_invoices using (expected_invoice_id)

),

reconciliation_measures as (

    select 'line_groups/' || status as measure, count(*) as value, 'rows' as unit
    from reconciled_lines
    group by status
    union all
    select 'not_computed/' || coalesce(reason, 'unknown'), count(*), 'rows'
    from reconciled_lines
    where status = 'not_computed'
    group by reason
    union all
    -- amounts are taken as positive, so that a credit does not hide a charge
    select
        'invoiced_minor/' || currency,
        coalesce(sum(invoiced_minor), 0)::bigint,
        'minor ' || currency,
    from reconciled_lines
    where invoiced_minor is not null
    group by currency
    union all
    select
        'recomputed_minor/' || currency,
        coalesce(sum(invoiced_minor) filter (status in ('matched', 'mismatched')), 0)::bigint,
        'minor ' || currency,
    from reconciled_lines
    where invoiced_minor is not null
    group by currency

),

-- what Stripe leaves open and a setting decides: on how many lines it mattered
open_point_measures as (

    select
        'rounding_ties' as measure,
        coalesce(sum(rounding_ties), 0)::bigint as value,
        'lines' as unit,
    from expected_lines
    union all
    select 'amount_off_remainders', coalesce(sum(amount_off_remainders), 0)::bigint, 'lines'
    from expected_lines

),

discrepancy_measures as (

    select 'discrepancies/' || kind as measure, count(*) as value, 'rows' as unit
    from discrepancies
    where status = 'open'
    group by kind
    union all
    select
        'leaked_minor/' || currency,
        coalesce(sum(impact_minor) filter (impact_minor > 0), 0)::bigint,
        'minor ' || currency,
    from discrepancies
    where status = 'open' and currency is not null
    group by currency
    union all
    select
        'overcharged_minor/' || currency,
        coalesce(-sum(impact_minor) filter (impact_minor < 0), 0)::bigint,
        'minor ' || currency,
    from discrepancies
    where status = 'open' and currency is not null
    group by currency

),

this_run as (

    select * from landed_measures
    union all
    select * from table_measures
    union all
    select * from quarantine_measures
    union all
    select * from reconciliation_measures
    union all
    select * from open_point_measures
    union all
    select * from discrepancy_measures

),

remembered_runs as (

    select distinct run_id
    from previous
    order by run_id desc
    -- a limit on everything: the newest runs, this one included
    limit (select health_runs_kept - 1 from parameters)

),

final as (

    select
        parameters.run_id,
        parameters.as_of,
        this_run.measure,
        this_run.value,
        this_run.unit,
    from this_run
    cross join parameters
    where this_run.value is not null

    union all

    select
        previous.run_id,
        previous.as_of,
        previous.measure,
        previous.value,
        previous.unit,
    from previous
    inner join remembered_runs using (run_id)

)

select * from final

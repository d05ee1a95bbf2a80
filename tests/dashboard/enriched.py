"""Rows for the tables in which the small demo has few or none, so that the pages that show them have what to show.

The pages are compared with the tables, whatever is in them; that the tables are right is tested with their models.
"""

from typing import Final

# The customer and meter with the most events, and another customer.
BUSIEST: Final = (
    "(select customer_id, meter from marts.usage_daily group by all order by sum(events) desc, customer_id limit 1)"
)
OTHER: Final = "(select customer_id from marts.customers order by customer_id desc limit 1)"

ENRICHED: Final = (
    f"""insert into marts.anomalies by name
    select
        'ano_spike' as anomaly_id, 'usage' as metric, u.meter as subject, u.customer_id, c.name as customer_name,
        u.meter, 'spike' as shape, 'up' as direction, 'units' as unit, max(u.quantity) as observed,
        median(u.quantity)::decimal(38, 12) as expected, 8.4 as score, 1 as days, false as is_ongoing,
        c.name || ' used more than the days before let expect.' as explanation,
        arg_max(u.usage_date, u.quantity) as day, arg_max(u.usage_date, u.quantity) as last_day
    from marts.usage_daily as u
    join {BUSIEST} as busiest using (customer_id, meter)
    join marts.customers as c using (customer_id)
    group by all""",
    """insert into marts.system_daily by name
    select 'plan_revenue' as metric, 'price_pro' as subject, 'pro' as label, 'minor usd' as unit,
        (if(day < date '2026-10-25', 120000, 20000) + day_number * 10)::decimal(38, 12) as value, true as is_whole, day
    from (select date '2026-09-01' + day_number::int as day, day_number from range(60) as t(day_number))""",
    """insert into marts.anomalies by name
    select 'ano_level' as anomaly_id, 'plan_revenue' as metric, 'price_pro' as subject, 'new_level' as shape,
        'down' as direction, 'minor usd' as unit, 20540 as observed, 120540 as expected, 12.5 as score, 6 as days,
        true as is_ongoing, 'Revenue of pro is USD 205.40 a day, and USD 1,205.40 was expected.' as explanation,
        date '2026-10-25' as day, date '2026-10-30' as last_day""",
    f"""insert into marts.usage_allowances by name
    select 'allowance_' || basis as usage_allowance_id, busiest.customer_id, 'sub_1' as subscription_id,
        'si_1' as subscription_item_id, 'price_1' as price_id, busiest.meter, basis, per, state, 'usd' as currency,
        500 as allowance, used, greatest(used - 500, 0) as over, (used // 5)::bigint as used_percent, over_minor,
        true as is_open, date '2026-10-12' as near_since, if(state = 'over', date '2026-10-20', null) as over_since,
        timestamp '2026-10-01' as period_start, timestamp '2026-11-01' as period_end
    from {BUSIEST} as busiest,
        (
            values ('included', 'period', 'over', 878, 1512), ('limit', 'day', 'near', 450, 0)
        ) as t(basis, per, state, used, over_minor)""",
    f"""insert into marts.plan_savings by name
    select 'sav_1' as plan_saving_id, 'sub_1' as subscription_id, customer_id, ['price_1'] as price_ids,
        ['price_2'] as other_price_ids, 'usd' as currency, 3 as periods, 4 as other_subscriptions,
        90000 as amount_minor, 72000 as other_minor, 18000 as saving_minor, true as is_best,
        timestamp '2026-07-01' as periods_start,
        timestamp '2026-10-01' as periods_end
    from {OTHER}""",
    f"""insert into marts.late_usage by name
    select 'late_' || state as late_usage_id, customer_id, 'sub_1' as subscription_id, 'in_1' as invoice_id,
        'price_1' as price_id, 'tokens' as meter, state, 'usd' as currency, 12 as events, 340 as quantity, amount_minor,
        timestamp '2026-09-01' as period_start, timestamp '2026-10-01' as period_end,
        timestamp '2026-10-02 08:00:00' as last_received_at, billable_until
    from {OTHER}, (
        values ('billable', 1700, timestamp '2026-10-20'), ('stranded', 420, null)
    ) as t(state, amount_minor, billable_until)""",
    """insert into marts.metering_freshness by name
    select 'tokens' as meter, 'native' as source, 900 as events, 20 as lag_seconds_p50, 90000 as lag_seconds_p95,
        200000 as lag_seconds_max, 86400 as lag_limit_seconds, 300 as quiet_seconds, 43200 as quiet_limit_seconds,
        true as is_lag_over, false as is_quiet_over""",
    """insert into marts.payment_recovery by name
    select invoice_id, customer_id, subscription_id, state, currency, attempts, amount_minor,
        timestamp '2026-10-03 09:00:00' as first_failed_at
    from (
        select *, row_number() over (order by invoice_id) as place from marts.invoices where currency = 'usd'
    ) as i
    join (
        values (1, 'stalled', 4, 91000), (2, 'lost', 4, 23400), (3, 'recovering', 2, 5600), (4, 'recovered', 3, 7700)
    ) as t(place, state, attempts, amount_minor) using (place)""",
    f"""insert into marts.credit_balances by name
    select 'credgr_' || category as credit_grant_id, customer_id, category, category || ' credit' as name,
        'usd' as currency, granted_minor, applied_minor, 0 as expired_minor, 0 as voided_minor,
        granted_minor - applied_minor as available_minor, 50 as priority, timestamp '2026-08-01' as effective_at,
        timestamp '2027-01-01' as expires_at
    from {OTHER}, (
        values ('paid', 500000, 123456), ('promotional', 10000, 10000)
    ) as t(category, granted_minor, applied_minor)""",
    f"""insert into marts.credit_applications by name
    select 'cbtxn_' || movement as credit_balance_transaction_id, 'credgr_paid' as credit_grant_id,
        customer_id, 'in_' || movement as invoice_id, 'il_1' as line_id, 'price_1' as price_id, 'paid' as category,
        'usd' as currency, movement, amount_minor, balance_after_minor, applied_at
    from {OTHER}, (
        values (2, 100000, 400000, timestamp '2026-09-10 10:00:00'), (3, 23456, 376544, timestamp '2026-10-10 10:00:00')
    ) as t(movement, amount_minor, balance_after_minor, applied_at)""",
    """insert into marts.tie_outs by name
    select account, scope, scope_type, 'usd' as currency, 9000800 as ledger_minor, 800 as stripe_minor,
        9000000 as difference_minor
    from (
        select 'accounts_receivable' as account, min(invoice_id) as scope, 'document' as scope_type
        from marts.invoices where currency = 'usd'
        union all select 'customer_credit', min(customer_id), 'customer' from marts.customers
        union all select 'prepaid_credits', 'credgr_paid', 'document'
        union all select 'bank', min(source_id), 'document' from marts.ledger_entries where source_type = 'payout'
    )""",
    """insert into marts.ledger_periods by name
    select date '2026-08-01' as period_month, 'close' as last_action, 'Dana' as decided_by, 'audited' as reason,
        true as is_closed, timestamp '2026-09-05 10:00:00' as decided_at""",
)

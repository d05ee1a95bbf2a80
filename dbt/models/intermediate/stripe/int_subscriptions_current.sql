-- The subscription as it is now: an ended one never comes back, all other statuses come and go.
{{ newest_versions(
    ref('stg_stripe__subscriptions'),
    'subscription_id',
    settled=[
        "status in ('canceled', 'incomplete_expired')",
    ],
    evidence=[
        subscription_life_rank('status'),
        "epoch_us(current_period_start_at)",
    ],
    core=subscription_core(),
    ties=[
        subscription_status_rank('status'),
        subscription_event_rank('event_type'),
    ],
) }}

select * from final

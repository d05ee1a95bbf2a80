-- The subscription as it is now: an ended one never comes back, all other statuses come and go.
-- What it does not change without an event is all but its latest invoice, its metadata and the end
-- of a repeating discount.
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
    core=[
        'status',
        'list_transform(
            items, lambda item: (item.subscription_item_id, item.price_id, item.quantity)
        )',
        'cancel_at',
        'is_cancel_at_period_end',
        'canceled_at',
        'ended_at',
        'billing_cycle_anchor_at',
        'trial_start_at',
        'trial_end_at',
        'pause_behavior',
        'pause_resumes_at',
        'collection_method',
        'days_until_due',
        'current_period_start_at',
        'current_period_end_at',
    ],
    ties=[
        subscription_status_rank('status'),
        subscription_event_rank('event_type'),
    ],
    changes=ref('stg_stripe__events'),
) }}

select * from final

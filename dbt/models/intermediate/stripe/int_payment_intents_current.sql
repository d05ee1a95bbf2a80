-- An intent ends as succeeded or canceled; until then its status comes and goes.
{{ newest_versions(
    ref('stg_stripe__payment_intents'),
    'payment_intent_id',
    settled=[
        rank_of('status', [[], ['succeeded', 'canceled']]),
        "amount_received_minor",
        "latest_charge_id is not null",
    ],
) }}

select * from final

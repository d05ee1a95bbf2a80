-- A credit note is issued, then perhaps voided; refunds are added to it.
{{ newest_versions(
    ref('stg_stripe__credit_notes'),
    'credit_note_id',
    settled=[
        rank_of('status', ['issued', 'void']),
        "len(refunds)",
    ],
) }}

select * from final

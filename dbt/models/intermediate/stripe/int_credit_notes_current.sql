-- A credit note is issued, then perhaps voided; refunds are added to it.
{{ newest_versions(
    ref('stg_stripe__credit_notes'),
    'credit_note_id',
    settled=[
        "case status when 'issued' then 0 when 'void' then 1 end",
        "len(refunds)",
    ],
) }}

select * from final

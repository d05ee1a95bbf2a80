-- A pending item is taken onto an invoice once; a deleted one is gone.
{{ newest_versions(
    ref('stg_stripe__invoice_items'),
    'invoice_item_id',
    settled=[
        "is_deleted",
        "invoice_id is not null",
    ],
) }}

select * from final
where not is_deleted

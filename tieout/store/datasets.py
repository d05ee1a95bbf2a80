"""Every dataset of the lake with its columns and DuckDB types: the one place where the lake's schema is declared.

Instants are naive ``TIMESTAMP`` in UTC, money is ``BIGINT`` minor units, quantities and unit prices are
``DECIMAL(30, 12)``.
A dataset that has no file yet is shown to dbt as an empty view with these columns.
"""

from __future__ import annotations

from typing import Final

Columns = dict[str, str]


def _columns(text: str, kind: str) -> Columns:
    return dict.fromkeys(text.split(), kind)


_ORIGIN: Final[Columns] = {"batch_number": "BIGINT", "file_hash": "VARCHAR", "line_number": "BIGINT"}
_OBJECT: Final[Columns] = {
    **_ORIGIN,
    "event_id": "VARCHAR",
    "event_type": "VARCHAR",
    "event_at": "TIMESTAMP",
    "api_version": "VARCHAR",
    "is_livemode": "BOOLEAN",
    "raw": "VARCHAR",
}

DISCOUNTS: Final = (
    "STRUCT(discount_id VARCHAR, coupon_id VARCHAR, start_at TIMESTAMP, end_at TIMESTAMP, coupon_raw VARCHAR)[]"
)
DISCOUNT_AMOUNTS: Final = "STRUCT(discount_id VARCHAR, amount_minor BIGINT)[]"
CREDIT_AMOUNTS: Final = (
    "STRUCT(credit_type VARCHAR, credit_balance_transaction_id VARCHAR, discount_id VARCHAR, amount_minor BIGINT)[]"
)
TIERS: Final = (
    "STRUCT(up_to DECIMAL(30, 12), unit_amount_decimal DECIMAL(30, 12), flat_amount_decimal DECIMAL(30, 12))[]"
)
SUBSCRIPTION_ITEMS: Final = (
    "STRUCT(position INTEGER, subscription_item_id VARCHAR, created_at TIMESTAMP, price_id VARCHAR, "
    "quantity DECIMAL(30, 12), current_period_start_at TIMESTAMP, current_period_end_at TIMESTAMP, "
    f"discounts {DISCOUNTS}, price_raw VARCHAR)[]"
)
INVOICE_PAYMENTS: Final = (
    "STRUCT(invoice_payment_id VARCHAR, status VARCHAR, amount_paid_minor BIGINT, amount_requested_minor BIGINT, "
    "payment_type VARCHAR, payment_intent_id VARCHAR, charge_id VARCHAR)[]"
)

LINE: Final[Columns] = {
    **_columns("line_id invoice_id", "VARCHAR"),
    "position": "INTEGER",
    "amount_minor": "BIGINT",
    **_columns("currency description", "VARCHAR"),
    "quantity": "DECIMAL(30, 12)",
    **_columns("period_start_at period_end_at", "TIMESTAMP"),
    **_columns("price_id product_id", "VARCHAR"),
    "unit_amount_decimal": "DECIMAL(30, 12)",
    **_columns("subscription_id subscription_item_id invoice_item_id", "VARCHAR"),
    **_columns("is_proration is_discountable", "BOOLEAN"),
    "line_type": "VARCHAR",
    **_columns("exclusive_tax_minor tax_minor", "BIGINT"),
    "discount_amounts": DISCOUNT_AMOUNTS,
    "credit_amounts": CREDIT_AMOUNTS,
    "discounts": DISCOUNTS,
    "metadata": "VARCHAR",
}
INVOICE_LINES: Final = "STRUCT(" + ", ".join(f"{name} {kind}" for name, kind in LINE.items()) + ")[]"

_SUBSCRIPTION: Final = {
    **_OBJECT,
    **_columns("subscription_id customer_id", "VARCHAR"),
    "created_at": "TIMESTAMP",
    **_columns("status currency", "VARCHAR"),
    **_columns("billing_cycle_anchor_at started_at trial_start_at trial_end_at cancel_at", "TIMESTAMP"),
    "is_cancel_at_period_end": "BOOLEAN",
    **_columns("canceled_at ended_at", "TIMESTAMP"),
    "collection_method": "VARCHAR",
    "days_until_due": "INTEGER",
    "pause_behavior": "VARCHAR",
    **_columns("pause_resumes_at current_period_start_at current_period_end_at", "TIMESTAMP"),
    **_columns("billing_mode proration_discounts latest_invoice_id metadata proration_behavior", "VARCHAR"),
    "discounts": DISCOUNTS,
    "has_more_items": "BOOLEAN",
    "items": SUBSCRIPTION_ITEMS,
}

DATASETS: Final[dict[str, Columns]] = {
    "usage_records": {
        **_ORIGIN,
        **_columns("shape id_space event_id customer_ref meter", "VARCHAR"),
        "value": "DECIMAL(30, 12)",
        "occurred_at": "TIMESTAMP",
        "fraction_digits": "TINYINT",
        "received_at": "TIMESTAMP",
        **_columns("voids properties payload raw", "VARCHAR"),
    },
    "usage_rejects": {**_ORIGIN, **_columns("reason detail raw", "VARCHAR")},
    "landing_rejects": {**_ORIGIN, **_columns("folder reason detail raw", "VARCHAR")},
    "contracts": {
        **_ORIGIN,
        **_columns("contract_id account_id account_name customer_id", "VARCHAR"),
        **_columns("starts_at ends_at", "TIMESTAMP"),
        **_columns("currency coupon_id", "VARCHAR"),
        "commitment_amount_minor": "BIGINT",
        "commitment_interval": "VARCHAR",
        "commitment_interval_count": "INTEGER",
        "items": "STRUCT(price_id VARCHAR, quantity DECIMAL(30, 12))[]",
        "limits": "STRUCT(meter VARCHAR, per VARCHAR, max DECIMAL(30, 12))[]",
        "raw": "VARCHAR",
    },
    "acceptances": {
        **_ORIGIN,
        **_columns("discrepancy_id reason accepted_by", "VARCHAR"),
        **_columns("accepted_at until_at", "TIMESTAMP"),
        "is_revoked": "BOOLEAN",
        "raw": "VARCHAR",
    },
    "closes": {
        **_ORIGIN,
        "period_month": "DATE",
        **_columns("action closed_by", "VARCHAR"),
        "closed_at": "TIMESTAMP",
        "raw": "VARCHAR",
    },
    "stripe_customers": {
        **_OBJECT,
        "customer_id": "VARCHAR",
        "created_at": "TIMESTAMP",
        **_columns("name email currency", "VARCHAR"),
        "balance_minor": "BIGINT",
        **_columns("is_delinquent is_deleted", "BOOLEAN"),
        "metadata": "VARCHAR",
        "discounts": DISCOUNTS,
    },
    "stripe_products": {
        **_OBJECT,
        **_columns("product_id name", "VARCHAR"),
        "is_active": "BOOLEAN",
        "created_at": "TIMESTAMP",
    },
    "stripe_prices": {
        **_OBJECT,
        **_columns("price_id product_id", "VARCHAR"),
        "created_at": "TIMESTAMP",
        "is_active": "BOOLEAN",
        **_columns("currency price_type billing_scheme tiers_mode", "VARCHAR"),
        "unit_amount_decimal": "DECIMAL(30, 12)",
        **_columns("usage_type interval_unit", "VARCHAR"),
        "interval_count": "INTEGER",
        **_columns("meter_id aggregate_usage", "VARCHAR"),
        "transform_divide_by": "BIGINT",
        "transform_round": "VARCHAR",
        "has_custom_unit_amount": "BOOLEAN",
        **_columns("nickname lookup_key", "VARCHAR"),
        "tiers": TIERS,
        "currency_options": "VARCHAR",
        "is_embedded": "BOOLEAN",
    },
    "stripe_meters": {
        **_OBJECT,
        **_columns("meter_id event_name display_name formula customer_payload_key value_payload_key status", "VARCHAR"),
        **_columns("created_at updated_at deactivated_at", "TIMESTAMP"),
    },
    "stripe_subscriptions": _SUBSCRIPTION,
    # as they were before an event changed them
    "stripe_previous_subscriptions": _SUBSCRIPTION,
    "stripe_invoices": {
        **_OBJECT,
        **_columns(
            "invoice_id customer_id subscription_id number status billing_reason collection_method currency", "VARCHAR"
        ),
        **_columns(
            "created_at due_at period_start_at period_end_at finalized_at paid_at voided_at marked_uncollectible_at "
            "effective_at next_payment_attempt_at automatically_finalizes_at",
            "TIMESTAMP",
        ),
        "is_auto_advance": "BOOLEAN",
        "attempt_count": "INTEGER",
        "is_attempted": "BOOLEAN",
        **_columns(
            "subtotal_minor total_minor total_excl_tax_minor tax_minor amount_due_minor amount_paid_minor "
            "amount_remaining_minor amount_overpaid_minor amount_paid_off_stripe_minor starting_balance_minor "
            "ending_balance_minor pre_payment_credit_notes_minor post_payment_credit_notes_minor",
            "BIGINT",
        ),
        "is_paid_out_of_band": "BOOLEAN",
        **_columns("charge_id payment_intent_id metadata", "VARCHAR"),
        "discounts": DISCOUNTS,
        "total_discount_amounts": DISCOUNT_AMOUNTS,
        "total_credit_amounts": CREDIT_AMOUNTS,
        "has_more_lines": "BOOLEAN",
        "payments": INVOICE_PAYMENTS,
        "lines": INVOICE_LINES,
        "is_deleted": "BOOLEAN",
    },
    "stripe_line_items": {**_OBJECT, **LINE},
    "stripe_invoice_items": {
        **_OBJECT,
        **_columns("invoice_item_id customer_id invoice_id subscription_id subscription_item_id price_id", "VARCHAR"),
        "amount_minor": "BIGINT",
        "currency": "VARCHAR",
        **_columns("quantity unit_amount_decimal", "DECIMAL(30, 12)"),
        **_columns("created_at period_start_at period_end_at", "TIMESTAMP"),
        **_columns("is_proration is_discountable", "BOOLEAN"),
        "discounts": DISCOUNTS,
        **_columns("metadata description", "VARCHAR"),
        "is_deleted": "BOOLEAN",
    },
    "stripe_invoice_payments": {
        **_OBJECT,
        **_columns("invoice_payment_id invoice_id", "VARCHAR"),
        **_columns("amount_paid_minor amount_requested_minor", "BIGINT"),
        **_columns("currency status", "VARCHAR"),
        "is_default": "BOOLEAN",
        **_columns("created_at paid_at canceled_at", "TIMESTAMP"),
        **_columns("payment_type payment_intent_id charge_id", "VARCHAR"),
    },
    "stripe_charges": {
        **_OBJECT,
        **_columns("charge_id customer_id invoice_id payment_intent_id", "VARCHAR"),
        **_columns("amount_minor amount_captured_minor amount_refunded_minor", "BIGINT"),
        **_columns("currency status", "VARCHAR"),
        **_columns("is_paid is_captured is_refunded is_disputed", "BOOLEAN"),
        "created_at": "TIMESTAMP",
        **_columns("balance_transaction_id failure_code failure_message description metadata", "VARCHAR"),
    },
    "stripe_payment_intents": {
        **_OBJECT,
        **_columns("payment_intent_id customer_id invoice_id", "VARCHAR"),
        **_columns("amount_minor amount_received_minor", "BIGINT"),
        **_columns("currency status", "VARCHAR"),
        **_columns("created_at canceled_at", "TIMESTAMP"),
        **_columns("latest_charge_id metadata description", "VARCHAR"),
    },
    "stripe_refunds": {
        **_OBJECT,
        **_columns("refund_id charge_id payment_intent_id", "VARCHAR"),
        "amount_minor": "BIGINT",
        **_columns("currency status reason", "VARCHAR"),
        "created_at": "TIMESTAMP",
        **_columns("balance_transaction_id failure_balance_transaction_id", "VARCHAR"),
    },
    "stripe_disputes": {
        **_OBJECT,
        **_columns("dispute_id charge_id payment_intent_id", "VARCHAR"),
        "amount_minor": "BIGINT",
        **_columns("currency status reason", "VARCHAR"),
        "created_at": "TIMESTAMP",
        "balance_transactions": (
            "STRUCT(balance_transaction_id VARCHAR, amount_minor BIGINT, fee_minor BIGINT, net_minor BIGINT, "
            "currency VARCHAR, created_at TIMESTAMP)[]"
        ),
    },
    "stripe_credit_notes": {
        **_OBJECT,
        **_columns("credit_note_id invoice_id customer_id number status reason credit_note_type currency", "VARCHAR"),
        **_columns("created_at effective_at voided_at", "TIMESTAMP"),
        **_columns(
            "amount_minor subtotal_minor total_minor total_excl_tax_minor tax_minor discount_minor pre_payment_minor "
            "post_payment_minor out_of_band_minor",
            "BIGINT",
        ),
        "customer_balance_transaction_id": "VARCHAR",
        "refunds": "STRUCT(refund_id VARCHAR, amount_minor BIGINT)[]",
    },
    "stripe_customer_balance_transactions": {
        **_OBJECT,
        **_columns("customer_balance_transaction_id customer_id", "VARCHAR"),
        **_columns("amount_minor ending_balance_minor", "BIGINT"),
        **_columns("currency transaction_type invoice_id credit_note_id", "VARCHAR"),
        "created_at": "TIMESTAMP",
        "description": "VARCHAR",
    },
    "stripe_coupons": {
        **_OBJECT,
        "coupon_id": "VARCHAR",
        "percent_off": "DECIMAL(9, 6)",
        "amount_off_minor": "BIGINT",
        **_columns("currency duration", "VARCHAR"),
        "duration_in_months": "INTEGER",
        "is_valid": "BOOLEAN",
        "applies_to_products": "VARCHAR[]",
        "currency_options": "VARCHAR",
        **_columns("created_at redeem_by_at", "TIMESTAMP"),
        "is_embedded": "BOOLEAN",
    },
    "stripe_discounts": {
        **_OBJECT,
        **_columns("discount_id coupon_id", "VARCHAR"),
        **_columns("start_at end_at", "TIMESTAMP"),
        **_columns("customer_id subscription_id subscription_item_id invoice_id coupon_raw", "VARCHAR"),
    },
    "stripe_credit_grants": {
        **_OBJECT,
        **_columns("credit_grant_id customer_id category currency", "VARCHAR"),
        "amount_minor": "BIGINT",
        **_columns("applicability_scope price_type", "VARCHAR"),
        "applicable_price_ids": "VARCHAR[]",
        "priority": "INTEGER",
        **_columns("effective_at expires_at voided_at created_at updated_at", "TIMESTAMP"),
        "name": "VARCHAR",
    },
    "stripe_credit_balance_transactions": {
        **_OBJECT,
        **_columns("credit_balance_transaction_id credit_grant_id transaction_type entry_type", "VARCHAR"),
        "amount_minor": "BIGINT",
        **_columns("currency invoice_id invoice_line_id", "VARCHAR"),
        **_columns("effective_at created_at", "TIMESTAMP"),
    },
    "stripe_meter_event_summaries": {
        **_OBJECT,
        **_columns("meter_event_summary_id customer_id meter_id", "VARCHAR"),
        **_columns("start_at end_at", "TIMESTAMP"),
        "aggregated_value": "DECIMAL(38, 12)",
    },
    "stripe_balance_transactions": {
        **_OBJECT,
        **_columns("balance_transaction_id transaction_type reporting_category", "VARCHAR"),
        **_columns("amount_minor fee_minor net_minor", "BIGINT"),
        "currency": "VARCHAR",
        **_columns("created_at available_at", "TIMESTAMP"),
        **_columns("source_id payout_id", "VARCHAR"),
        "exchange_rate": "DECIMAL(30, 12)",
        **_columns("status description fee_details", "VARCHAR"),
    },
    "stripe_payouts": {
        **_OBJECT,
        "payout_id": "VARCHAR",
        "amount_minor": "BIGINT",
        **_columns("currency status", "VARCHAR"),
        **_columns("created_at arrival_at", "TIMESTAMP"),
        "is_automatic": "BOOLEAN",
        **_columns(
            "balance_transaction_id failure_balance_transaction_id reconciliation_status payout_type "
            "original_payout_id reversed_by_id failure_code",
            "VARCHAR",
        ),
    },
    "stripe_events": {
        **_OBJECT,
        "created_at": "TIMESTAMP",
        **_columns("object_type object_id object_status previous_attributes", "VARCHAR"),
    },
    "stripe_unknown_objects": {**_OBJECT, **_columns("object_type object_id", "VARCHAR")},
}

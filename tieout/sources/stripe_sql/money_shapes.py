"""The shapes of money movements, balances, discounts and grants, and the table of every wanted type: see ``shapes``."""

from __future__ import annotations

from typing import Final

from tieout.sources.stripe_sql.fields import Field
from tieout.sources.stripe_sql.shapes import (
    CUSTOMER,
    INVOICE,
    INVOICE_ITEM,
    INVOICE_PAYMENT,
    METADATA,
    METER,
    PRICE,
    PRODUCT,
    SUBSCRIPTION,
    Shape,
    _line,
    _needed,
    _same,
)

NO_MONEY: Final = "null"

CHARGE: Final = (
    _needed("id", "charge_id", "id"),
    *_same("id", "customer_id=customer", "invoice_id=invoice", "payment_intent_id=payment_intent"),
    _needed("money", "amount_minor", "amount"),
    *_same("money", "amount_captured_minor=amount_captured", "amount_refunded_minor=amount_refunded"),
    _needed("text", "currency", "currency"),
    *_same("text", "status"),
    *_same("boolean", "is_paid=paid", "is_captured=captured", "is_refunded=refunded"),
    Field("_dispute", "id", ("dispute",)),
    Field("is_disputed", "boolean", ("disputed",), default="stripe_id(parsed.dispute) is not null"),
    _needed("instant", "created_at", "created"),
    *_same("id", "balance_transaction_id=balance_transaction"),
    *_same("text", "failure_code", "failure_message", "description"),
    METADATA,
)
PAYMENT_INTENT: Final = (
    _needed("id", "payment_intent_id", "id"),
    *_same("id", "customer_id=customer", "invoice_id=invoice"),
    *_same("money", "amount_minor=amount", "amount_received_minor=amount_received"),
    *_same("text", "currency", "status"),
    *_same("instant", "created_at=created", "canceled_at"),
    Field("_charges", "list", ("charges.data",), _same("id", "charge_id=id")),
    # Before `latest_charge` an intent carried its charges, newest first.
    Field("latest_charge_id", "id", ("latest_charge",), default="stripe_id(parsed.charges.data[1].id)"),
    METADATA,
    *_same("text", "description"),
)
REFUND: Final = (
    _needed("id", "refund_id", "id"),
    *_same("id", "charge_id=charge", "payment_intent_id=payment_intent"),
    _needed("money", "amount_minor", "amount"),
    _needed("text", "currency", "currency"),
    *_same("text", "status", "reason"),
    _needed("instant", "created_at", "created"),
    *_same("id", "balance_transaction_id=balance_transaction"),
    *_same("id", "failure_balance_transaction_id=failure_balance_transaction"),
)
DISPUTE: Final = (
    _needed("id", "dispute_id", "id"),
    *_same("id", "charge_id=charge", "payment_intent_id=payment_intent"),
    _needed("money", "amount_minor", "amount"),
    *_same("text", "currency", "status", "reason"),
    _needed("instant", "created_at", "created"),
    Field(
        "balance_transactions",
        "list",
        ("balance_transactions",),
        (
            *_same("id", "balance_transaction_id=id"),
            *_same("money", "amount_minor=amount", "fee_minor=fee", "net_minor=net"),
            *_same("text", "currency"),
            *_same("instant", "created_at=created"),
        ),
    ),
)
CREDIT_NOTE: Final = (
    _needed("id", "credit_note_id", "id"),
    *_same("id", "invoice_id=invoice", "customer_id=customer"),
    *_same("text", "number", "status", "reason", "credit_note_type=type"),
    _needed("text", "currency", "currency"),
    _needed("instant", "created_at", "created"),
    *_same("instant", "effective_at", "voided_at"),
    _needed("money", "amount_minor", "amount"),
    *_same("money", "subtotal_minor=subtotal", "total_minor=total"),
    Field("tax_minor", "taxes", ("total_taxes", "tax_amounts")),
    Field(
        "total_excl_tax_minor",
        "money",
        ("total_excluding_tax",),
        default="stripe_minor(parsed.total, factor) - "
        "stripe_taxes(coalesce(parsed.total_taxes, parsed.tax_amounts), factor)",
    ),
    *_same("money", "discount_minor=discount_amount"),
    *_same("money", "pre_payment_minor=pre_payment_amount", "post_payment_minor=post_payment_amount"),
    *_same("money", "out_of_band_minor=out_of_band_amount"),
    *_same("id", "customer_balance_transaction_id=customer_balance_transaction"),
    Field(
        "refunds",
        "list",
        ("refunds",),
        (*_same("id", "refund_id=refund|id"), *_same("money", "amount_minor=amount_refunded|amount")),
        # Before `refunds` there was one `refund`, whose amount only the refund itself tells.
        wrap="case when coalesce(len({record}.refunds), 0) = 0 and stripe_id({record}.refund) is not null "
        "then [struct_pack(refund_id := stripe_id({record}.refund), amount_minor := null::bigint)] else {value} end",
    ),
    Field("_refund", "id", ("refund",)),
)
CUSTOMER_BALANCE_TRANSACTION: Final = (
    _needed("id", "customer_balance_transaction_id", "id"),
    *_same("id", "customer_id=customer"),
    _needed("money", "amount_minor", "amount"),
    *_same("money", "ending_balance_minor=ending_balance"),
    _needed("text", "currency", "currency"),
    *_same("text", "transaction_type=type"),
    *_same("id", "invoice_id=invoice", "credit_note_id=credit_note"),
    _needed("instant", "created_at", "created"),
    *_same("text", "description"),
)
COUPON: Final = (
    _needed("id", "coupon_id", "id"),
    *_same("decimal", "percent_off"),
    *_same("money", "amount_off_minor=amount_off"),
    *_same("text", "currency", "duration"),
    *_same("integer", "duration_in_months"),
    *_same("boolean", "is_valid=valid"),
    Field("applies_to_products", "ids", ("applies_to.products",)),
    *_same("json", "currency_options"),
    *_same("instant", "created_at=created", "redeem_by_at=redeem_by"),
    Field("is_embedded", "boolean", (), default="is_embedded"),
)
DISCOUNT: Final = (
    _needed("id", "discount_id", "id"),
    *_same("id", "coupon_id=coupon|source.coupon"),
    *_same("instant", "start_at=start", "end_at=end"),
    *_same("id", "customer_id=customer", "subscription_id=subscription", "subscription_item_id=subscription_item"),
    *_same("id", "invoice_id=invoice"),
    Field(
        "coupon_raw",
        "text",
        (),
        default="case when coalesce({record}.coupon, {record}.source.coupon) like '{%' "
        "then coalesce({record}.coupon, {record}.source.coupon) end",
    ),
)
CREDIT_GRANT: Final = (
    _needed("id", "credit_grant_id", "id"),
    *_same("id", "customer_id=customer"),
    *_same("text", "category", "currency=amount.monetary.currency"),
    _needed("money", "amount_minor", "amount.monetary.value"),
    *_same("json", "applicability_scope=applicability_config.scope"),
    *_same("text", "price_type=applicability_config.scope>price_type"),
    Field(
        "applicable_price_ids",
        "text",
        (),
        default="json_extract_string({record}.applicability_config.scope, '$.prices[*].id')",
    ),
    Field("priority", "integer", ("priority",), default="50"),
    *_same("instant", "effective_at", "expires_at", "voided_at", "created_at=created", "updated_at=updated"),
    *_same("text", "name"),
)
CREDIT_BALANCE_TRANSACTION: Final = (
    _needed("id", "credit_balance_transaction_id", "id"),
    *_same("id", "credit_grant_id=credit_grant"),
    *_same("text", "transaction_type=type", "entry_type=credit.type|debit.type"),
    _needed("money", "amount_minor", "credit.amount.monetary.value", "debit.amount.monetary.value"),
    *_same("text", "currency=credit.amount.monetary.currency|debit.amount.monetary.currency"),
    *_same("id", "invoice_id=debit.credits_applied.invoice|credit.credits_application_invoice_voided.invoice"),
    *_same(
        "id",
        "invoice_line_id=debit.credits_applied.invoice_line_item"
        "|credit.credits_application_invoice_voided.invoice_line_item",
    ),
    *_same("instant", "effective_at", "created_at=created"),
)
METER_EVENT_SUMMARY: Final = (
    Field(
        "meter_event_summary_id",
        "id",
        ("id",),
        # The API's own id is of no use to anyone else; what names a summary is its window.
        default="concat_ws(':', parsed.customer, parsed.meter, parsed.start_time, parsed.end_time)",
    ),
    _needed("id", "customer_id", "customer"),
    _needed("id", "meter_id", "meter"),
    _needed("instant", "start_at", "start_time"),
    _needed("instant", "end_at", "end_time"),
    # A JSON number is read as a float; the digits that were written are taken from the text.
    Field(
        "aggregated_value",
        "number",
        (),
        default=r"stripe_number(regexp_extract(raw, '\"aggregated_value\"\s*:\s*\"?([-+.0-9eE]+)', 1))",
        required=True,
    ),
)
BALANCE_TRANSACTION: Final = (
    _needed("id", "balance_transaction_id", "id"),
    *_same("text", "transaction_type=type", "reporting_category"),
    _needed("money", "amount_minor", "amount"),
    *_same("money", "fee_minor=fee"),
    _needed("money", "net_minor", "net"),
    _needed("text", "currency", "currency"),
    _needed("instant", "created_at", "created"),
    *_same("instant", "available_at=available_on"),
    *_same("id", "source_id=source", "payout_id=payout"),
    *_same("decimal", "exchange_rate"),
    *_same("text", "status", "description"),
    *_same("json", "fee_details"),
)
PAYOUT: Final = (
    _needed("id", "payout_id", "id"),
    _needed("money", "amount_minor", "amount"),
    _needed("text", "currency", "currency"),
    *_same("text", "status"),
    _needed("instant", "created_at", "created"),
    *_same("instant", "arrival_at=arrival_date|date"),
    *_same("boolean", "is_automatic=automatic"),
    *_same("id", "balance_transaction_id=balance_transaction"),
    *_same("id", "failure_balance_transaction_id=failure_balance_transaction"),
    *_same("text", "reconciliation_status", "payout_type=type"),
    *_same("id", "original_payout_id=original_payout", "reversed_by_id=reversed_by"),
    *_same("text", "failure_code"),
)
EVENT: Final = (
    Field("event_id", "id", ("id",), required=True),
    Field("event_type", "text", ("type",), required=True),
    Field("event_at", "instant", ("created",), required=True),
    *_same("instant", "created_at=created"),
    *_same("text", "object_type=data.object.object"),
    *_same("id", "object_id=data.object.id"),
    *_same("text", "object_status=data.object.status"),
    *_same("json", "previous_attributes=data.previous_attributes"),
)

SHAPES: Final[dict[str, Shape]] = {
    "customer": Shape("stripe_customers", CUSTOMER),
    "product": Shape("stripe_products", PRODUCT, NO_MONEY),
    "price": Shape("stripe_prices", PRICE),
    "billing.meter": Shape("stripe_meters", METER, NO_MONEY),
    "subscription": Shape("stripe_subscriptions", SUBSCRIPTION),
    "invoice": Shape("stripe_invoices", INVOICE),
    "invoiceitem": Shape("stripe_invoice_items", INVOICE_ITEM),
    "invoice_payment": Shape("stripe_invoice_payments", INVOICE_PAYMENT),
    "charge": Shape("stripe_charges", CHARGE),
    "payment_intent": Shape("stripe_payment_intents", PAYMENT_INTENT),
    "refund": Shape("stripe_refunds", REFUND),
    "dispute": Shape("stripe_disputes", DISPUTE),
    "credit_note": Shape("stripe_credit_notes", CREDIT_NOTE),
    "customer_balance_transaction": Shape("stripe_customer_balance_transactions", CUSTOMER_BALANCE_TRANSACTION),
    "coupon": Shape("stripe_coupons", COUPON),
    "discount": Shape("stripe_discounts", DISCOUNT, NO_MONEY),
    "line_item": Shape("stripe_line_items", _line("null", "null")),
    "billing.credit_grant": Shape("stripe_credit_grants", CREDIT_GRANT, "parsed.amount.monetary.currency"),
    "billing.credit_balance_transaction": Shape(
        "stripe_credit_balance_transactions",
        CREDIT_BALANCE_TRANSACTION,
        "coalesce(parsed.credit.amount.monetary.currency, parsed.debit.amount.monetary.currency)",
    ),
    "billing.meter_event_summary": Shape("stripe_meter_event_summaries", METER_EVENT_SUMMARY, NO_MONEY),
    "balance_transaction": Shape("stripe_balance_transactions", BALANCE_TRANSACTION),
    "payout": Shape("stripe_payouts", PAYOUT),
    "event": Shape("stripe_events", EVENT, NO_MONEY),
}

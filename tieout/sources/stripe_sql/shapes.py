"""What is read of every wanted Stripe object, in both shapes of the API: dataset → fields with their JSON paths.

Paths are in order of preference: today's shape first, then the ones before it (``2025-03-31.basil`` moved most), so
that an object of any version gives the same columns. The columns are those that ``tieout.store.datasets`` declares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tieout.sources.stripe_sql.fields import Field, Kind


@dataclass(frozen=True)
class Shape:
    """A wanted ``object`` type: its dataset, its fields, and SQL of the currency of its amounts (over ``parsed``)."""

    dataset: str
    fields: tuple[Field, ...]
    currency: str = "parsed.currency"


def _same(kind: Kind, *names: str) -> tuple[Field, ...]:
    """Fields whose column is named as their path: ``column`` or ``column=path|path``."""
    fields = []
    for name in names:
        column, _, paths = name.partition("=")
        fields.append(Field(column, kind, tuple(paths.split("|")) if paths else (column,)))
    return tuple(fields)


def _needed(kind: Kind, column: str, *paths: str) -> Field:
    return Field(column, kind, paths, required=True)


DISCOUNT_AMOUNTS: Final = (*_same("id", "discount_id=discount"), _needed("money", "amount_minor", "amount"))
CREDIT_AMOUNTS: Final = (
    *_same("text", "credit_type=type"),
    *_same("id", "credit_balance_transaction_id=credit_balance_transaction", "discount_id=discount"),
    _needed("money", "amount_minor", "amount"),
)
METADATA: Final = Field("metadata", "json", ("metadata",))


def _line(position: str, invoice_id: str) -> tuple[Field, ...]:
    """A line of an invoice; one inside its invoice has a place there and need not name it."""
    item, pending = "parent.subscription_item_details", "parent.invoice_item_details"
    return (
        _needed("id", "line_id", "id"),
        Field("invoice_id", "id", ("invoice",), default=invoice_id),
        Field("position", "integer", (), default=position),
        _needed("money", "amount_minor", "amount"),
        *_same("text", "currency", "description"),
        Field("quantity", "decimal", ("quantity_decimal", "quantity")),
        *_same("instant", "period_start_at=period.start", "period_end_at=period.end"),
        *_same("id", "price_id=pricing.price_details.price|price|plan"),
        *_same("id", "product_id=pricing.price_details.product|price>product|plan>product"),
        Field(
            "unit_amount_decimal",
            "decimal",
            (
                "pricing.unit_amount_decimal",
                "price>unit_amount_decimal",
                "price>unit_amount",
                "plan>amount_decimal",
                "plan>amount",
            ),
        ),
        *_same("id", f"subscription_id={item}.subscription|{pending}.subscription|subscription"),
        *_same("id", f"subscription_item_id={item}.subscription_item|subscription_item"),
        *_same("id", f"invoice_item_id={pending}.invoice_item|{item}.invoice_item|invoice_item"),
        Field("is_proration", "boolean", (f"{item}.proration", f"{pending}.proration", "proration")),
        Field("is_discountable", "boolean", ("discountable",)),
        Field("_parent_type", "text", ("parent.type",)),
        Field(
            "line_type",
            "text",
            ("type",),
            default="case {record}.parent.type when 'subscription_item_details' then 'subscription' "
            "when 'invoice_item_details' then 'invoiceitem' else {record}.parent.type end",
        ),
        Field("exclusive_tax_minor", "exclusive_taxes", ("taxes", "tax_amounts")),
        Field("tax_minor", "taxes", ("taxes", "tax_amounts")),
        Field("discount_amounts", "list", ("discount_amounts",), DISCOUNT_AMOUNTS),
        Field("credit_amounts", "list", ("pretax_credit_amounts",), CREDIT_AMOUNTS),
        Field("discounts", "discounts", ("discounts",)),
        METADATA,
    )


CUSTOMER: Final = (
    _needed("id", "customer_id", "id"),
    *_same("instant", "created_at=created"),
    *_same("text", "name", "email", "currency"),
    *_same("money", "balance_minor=balance|account_balance"),
    *_same("boolean", "is_delinquent=delinquent"),
    Field("is_deleted", "boolean", ("deleted",), default="coalesce(event_type = 'customer.deleted', false)"),
    METADATA,
    Field("discounts", "discounts", ("discounts", "discount")),
)
PRODUCT: Final = (
    _needed("id", "product_id", "id"),
    *_same("text", "name"),
    *_same("boolean", "is_active=active"),
    *_same("instant", "created_at=created"),
)
PRICE: Final = (
    _needed("id", "price_id", "id"),
    *_same("id", "product_id=product"),
    *_same("instant", "created_at=created"),
    *_same("boolean", "is_active=active"),
    *_same("text", "currency", "price_type=type", "billing_scheme", "tiers_mode"),
    *_same("decimal", "unit_amount_decimal=unit_amount_decimal|unit_amount"),
    *_same("text", "usage_type=recurring.usage_type", "interval_unit=recurring.interval"),
    *_same("intervals", "interval_count=recurring.interval_count"),
    *_same("id", "meter_id=recurring.meter"),
    *_same("text", "aggregate_usage=recurring.aggregate_usage"),
    *_same("bigint", "transform_divide_by=transform_quantity.divide_by"),
    *_same("text", "transform_round=transform_quantity.round"),
    Field("_custom_unit_amount", "json", ("custom_unit_amount",)),
    Field("has_custom_unit_amount", "boolean", (), default="parsed.custom_unit_amount is not null"),
    *_same("text", "nickname", "lookup_key"),
    Field(
        "tiers",
        "list",
        ("tiers",),
        (
            Field("up_to", "up_to", ("up_to",)),
            *_same("decimal", "unit_amount_decimal=unit_amount_decimal|unit_amount"),
            *_same("decimal", "flat_amount_decimal=flat_amount_decimal|flat_amount"),
        ),
    ),
    *_same("json", "currency_options"),
    Field("is_embedded", "boolean", (), default="is_embedded"),
)
METER: Final = (
    _needed("id", "meter_id", "id"),
    *_same("text", "event_name", "display_name", "formula=default_aggregation.formula"),
    *_same("text", "customer_payload_key=customer_mapping.event_payload_key"),
    *_same("text", "value_payload_key=value_settings.event_payload_key", "status"),
    *_same("instant", "created_at=created", "updated_at=updated", "deactivated_at=status_transitions.deactivated_at"),
)
SUBSCRIPTION_ITEM: Final = (
    Field("position", "integer", (), default="cast(at0 - 1 as integer)"),
    _needed("id", "subscription_item_id", "id"),
    *_same("instant", "created_at=created"),
    *_same("id", "price_id=price|plan"),
    *_same("decimal", "quantity=quantity_decimal|quantity"),
    *_same("instant", "current_period_start_at=current_period_start", "current_period_end_at=current_period_end"),
    Field("discounts", "discounts", ("discounts",)),
    *_same("json", "price_raw=price|plan"),
)
_ITEMS: Final = "{record}.items.data"
SUBSCRIPTION: Final = (
    _needed("id", "subscription_id", "id"),
    _needed("id", "customer_id", "customer"),
    *_same("instant", "created_at=created"),
    _needed("text", "status", "status"),
    Field(
        "currency",
        "text",
        ("currency",),
        default=f"stripe_sub(coalesce({_ITEMS}[1].price, {_ITEMS}[1].plan), '$.currency')",
    ),
    *_same("instant", "billing_cycle_anchor_at=billing_cycle_anchor", "started_at=start_date|start"),
    *_same("instant", "trial_start_at=trial_start", "trial_end_at=trial_end", "cancel_at"),
    *_same("boolean", "is_cancel_at_period_end=cancel_at_period_end"),
    *_same("instant", "canceled_at", "ended_at"),
    *_same("text", "collection_method"),
    *_same("integer", "days_until_due"),
    *_same("text", "pause_behavior=pause_collection.behavior"),
    *_same("instant", "pause_resumes_at=pause_collection.resumes_at"),
    Field(
        "current_period_start_at",
        "instant",
        ("current_period_start",),
        default=f"list_min(list_transform({_ITEMS}, lambda each: stripe_instant(each.current_period_start)))",
    ),
    Field(
        "current_period_end_at",
        "instant",
        ("current_period_end",),
        default=f"list_max(list_transform({_ITEMS}, lambda each: stripe_instant(each.current_period_end)))",
    ),
    Field("billing_mode", "text", ("billing_mode>type",), default="'classic'"),
    *_same("text", "proration_discounts=billing_mode>flexible.proration_discounts"),
    *_same("id", "latest_invoice_id=latest_invoice"),
    METADATA,
    *_same("text", "proration_behavior=metadata>proration_behavior"),
    Field("discounts", "discounts", ("discounts", "discount")),
    *_same("boolean", "has_more_items=items.has_more"),
    Field("items", "list", ("items.data",), SUBSCRIPTION_ITEM),
)
INVOICE_PAYMENT_IN_INVOICE: Final = (
    *_same("id", "invoice_payment_id=id"),
    *_same("text", "status"),
    *_same("money", "amount_paid_minor=amount_paid", "amount_requested_minor=amount_requested"),
    *_same("text", "payment_type=payment.type"),
    *_same("id", "payment_intent_id=payment.payment_intent", "charge_id=payment.charge"),
)
_INVOICE_TAX: Final = "stripe_taxes(coalesce(parsed.total_taxes, parsed.total_tax_amounts), factor)"
INVOICE: Final = (
    _needed("id", "invoice_id", "id"),
    *_same("id", "customer_id=customer", "subscription_id=parent.subscription_details.subscription|subscription"),
    *_same("text", "number", "status", "billing_reason", "collection_method"),
    # a deleted draft is only its id
    Field("currency", "text", ("currency",), required=True, optional_when="parsed.deleted = 'true'"),
    *_same("instant", "created_at=created|date", "due_at=due_date"),
    *_same("instant", "period_start_at=period_start", "period_end_at=period_end"),
    *_same("instant", "finalized_at=status_transitions.finalized_at|finalized_at"),
    *_same("instant", "paid_at=status_transitions.paid_at", "voided_at=status_transitions.voided_at"),
    *_same("instant", "marked_uncollectible_at=status_transitions.marked_uncollectible_at"),
    *_same("instant", "effective_at", "next_payment_attempt_at=next_payment_attempt", "automatically_finalizes_at"),
    *_same("boolean", "is_auto_advance=auto_advance"),
    *_same("integer", "attempt_count"),
    *_same("boolean", "is_attempted=attempted"),
    *_same("money", "subtotal_minor=subtotal", "total_minor=total"),
    Field(
        "total_excl_tax_minor",
        "money",
        ("total_excluding_tax",),
        default=f"stripe_minor(parsed.total, factor) - coalesce(stripe_minor(parsed.tax, factor), {_INVOICE_TAX})",
    ),
    Field("_total_taxes", "taxes", ("total_taxes", "total_tax_amounts")),
    Field("tax_minor", "money", ("tax",), default=_INVOICE_TAX),
    *_same("money", "amount_due_minor=amount_due", "amount_paid_minor=amount_paid"),
    *_same("money", "amount_remaining_minor=amount_remaining", "amount_overpaid_minor=amount_overpaid"),
    *_same("money", "amount_paid_off_stripe_minor=amount_paid_off_stripe"),
    *_same("money", "starting_balance_minor=starting_balance", "ending_balance_minor=ending_balance"),
    *_same("money", "pre_payment_credit_notes_minor=pre_payment_credit_notes_amount"),
    *_same("money", "post_payment_credit_notes_minor=post_payment_credit_notes_amount"),
    *_same("boolean", "is_paid_out_of_band=paid_out_of_band"),
    *_same("id", "charge_id=charge", "payment_intent_id=payment_intent"),
    METADATA,
    Field("discounts", "discounts", ("discounts", "discount")),
    Field("total_discount_amounts", "list", ("total_discount_amounts",), DISCOUNT_AMOUNTS),
    Field("total_credit_amounts", "list", ("total_pretax_credit_amounts",), CREDIT_AMOUNTS),
    *_same("boolean", "has_more_lines=lines.has_more"),
    Field("payments", "list", ("payments.data",), INVOICE_PAYMENT_IN_INVOICE),
    Field("lines", "list", ("lines.data",), _line("cast(at0 - 1 as integer)", "stripe_id(parsed.id)")),
    Field("is_deleted", "boolean", ("deleted",), default="coalesce(event_type = 'invoice.deleted', false)"),
)
INVOICE_ITEM: Final = (
    _needed("id", "invoice_item_id", "id"),
    *_same("id", "customer_id=customer", "invoice_id=invoice"),
    *_same("id", "subscription_id=parent.subscription_details.subscription|subscription"),
    *_same("id", "subscription_item_id=parent.subscription_details.subscription_item|subscription_item"),
    *_same("id", "price_id=pricing.price_details.price|price|plan"),
    *_same("money", "amount_minor=amount"),
    *_same("text", "currency"),
    *_same("decimal", "quantity=quantity_decimal|quantity"),
    *_same("decimal", "unit_amount_decimal=pricing.unit_amount_decimal|unit_amount_decimal|unit_amount"),
    *_same("instant", "created_at=date|created", "period_start_at=period.start", "period_end_at=period.end"),
    *_same("boolean", "is_proration=proration", "is_discountable=discountable"),
    Field("discounts", "discounts", ("discounts",)),
    METADATA,
    *_same("text", "description"),
    Field("is_deleted", "boolean", ("deleted",), default="coalesce(event_type = 'invoiceitem.deleted', false)"),
)
INVOICE_PAYMENT: Final = (
    _needed("id", "invoice_payment_id", "id"),
    *_same("id", "invoice_id=invoice"),
    *_same("money", "amount_paid_minor=amount_paid", "amount_requested_minor=amount_requested"),
    *_same("text", "currency", "status"),
    *_same("boolean", "is_default"),
    *_same("instant", "created_at=created", "paid_at=status_transitions.paid_at"),
    *_same("instant", "canceled_at=status_transitions.canceled_at"),
    *_same("text", "payment_type=payment.type"),
    *_same("id", "payment_intent_id=payment.payment_intent", "charge_id=payment.charge"),
)

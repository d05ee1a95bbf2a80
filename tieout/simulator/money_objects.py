"""Stripe's JSON of money: charges, payment intents, invoice payments, balance transactions, payouts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tieout.simulator.invoices import Invoice
from tieout.simulator.periods import DAY, midnight

Json = dict[str, Any]
_MOVED = {"payout": "STRIPE PAYOUT", "charge": "Subscription charge", "refund": "REFUND FOR CHARGE"}
_DECLINED = {"code": "card_declined", "type": "card_error", "decline_code": "insufficient_funds"}


@dataclass
class Movement:
    """A balance transaction. ``payout_id`` is None until it is paid out."""

    txn_id: str
    kind: str
    created: int
    amount: int
    fee: int
    currency: str
    source: str
    payout_id: str | None = None

    @property
    def net(self) -> int:
        return self.amount - self.fee

    @property
    def available_on(self) -> int:
        return self.created if self.kind == "payout" else midnight(self.created) + 2 * DAY


def _description(invoice: Invoice) -> str:
    return "Subscription creation" if invoice.billing_reason == "subscription_create" else "Subscription update"


def charge(
    invoice: Invoice,
    charge_id: str,
    intent_id: str,
    at: int,
    amount: int,
    txn_id: str | None,
    *,
    failure: bool = False,
    is_captured: bool = True,
    is_orphan: bool = False,
    refunded: int = 0,
) -> Json:
    """A charge: succeeded, failed, or authorized only; an orphan knows no invoice."""
    outcome: Json = (
        {"network_status": "declined_by_network", "reason": "insufficient_funds", "type": "issuer_declined"}
        if failure
        else {"network_status": "approved_by_network", "reason": None, "type": "authorized"}
    )
    out: Json = {
        "id": charge_id, "object": "charge", "amount": amount,
        "amount_captured": amount if is_captured and not failure else 0, "amount_refunded": refunded,
        "balance_transaction": txn_id, "billing_details": {"email": None, "name": None},
        "captured": is_captured and not failure, "created": at, "currency": invoice.currency,
        "customer": invoice.customer.customer_id, "description": _description(invoice), "disputed": False,
        "failure_balance_transaction": None, "failure_code": "card_declined" if failure else None,
        "failure_message": "Your card was declined." if failure else None, "livemode": True, "metadata": {},
        "outcome": outcome, "paid": not failure, "payment_intent": intent_id, "payment_method": "pm_card",
        "payment_method_details": {"type": "card", "card": {"brand": "visa"}}, "refunded": refunded == amount,
        "status": "failed" if failure else "succeeded",
    }  # fmt: skip
    if invoice.customer.api == "legacy":
        out["invoice"] = None if is_orphan else invoice.invoice_id
    return out


def payment_intent(
    invoice: Invoice, intent_id: str, at: int, amount: int, charge_id: str, *, is_paid: bool, is_orphan: bool = False
) -> Json:
    out: Json = {
        "id": intent_id, "object": "payment_intent", "amount": amount, "amount_capturable": 0,
        "amount_received": amount if is_paid else 0, "canceled_at": None, "capture_method": "automatic", "created": at,
        "currency": invoice.currency, "customer": invoice.customer.customer_id,
        "description": _description(invoice), "last_payment_error": None if is_paid else _DECLINED,
        "latest_charge": charge_id, "livemode": True, "metadata": {}, "payment_method_types": ["card"],
        "status": "succeeded" if is_paid else "requires_payment_method",
    }  # fmt: skip
    if invoice.customer.api == "legacy":
        out["invoice"] = None if is_orphan else invoice.invoice_id
    return out


def refund(refund_id: str, invoice: Invoice, charge_id: str, intent_id: str, txn_id: str, at: int, amount: int) -> Json:
    return {
        "id": refund_id, "object": "refund", "amount": amount, "balance_transaction": txn_id, "charge": charge_id,
        "created": at, "currency": invoice.currency,
        "destination_details": {"card": {"type": "refund"}, "type": "card"}, "metadata": {},
        "payment_intent": intent_id, "reason": "requested_by_customer", "receipt_number": None, "status": "succeeded",
    }  # fmt: skip


def credit_note(note_id: str, invoice: Invoice, refund_id: str, at: int, amount: int) -> Json:
    """A note that says what a refund was for."""
    return {
        "id": note_id, "object": "credit_note", "amount": amount, "amount_shipping": 0, "created": at,
        "currency": invoice.currency, "customer": invoice.customer.customer_id, "customer_balance_transaction": None,
        "discount_amount": 0, "discount_amounts": [], "effective_at": at, "invoice": invoice.invoice_id,
        "livemode": True, "memo": None, "metadata": {}, "out_of_band_amount": None, "reason": "order_change",
        "status": "issued", "subtotal": amount, "subtotal_excluding_tax": amount, "total": amount,
        "total_excluding_tax": amount, "type": "post_payment", "voided_at": None,
        "refunds": [{"amount_refunded": amount, "refund": refund_id, "type": "refund"}], "pre_payment_amount": 0,
        "post_payment_amount": amount,
    }  # fmt: skip


def invoice_payment(
    invoice: Invoice, payment_id: str, intent_id: str, at: int, amount: int, *, paid_at: int | None, is_default: bool
) -> Json:
    return {
        "id": payment_id, "object": "invoice_payment", "amount_paid": None if paid_at is None else amount,
        "amount_requested": amount, "created": at, "currency": invoice.currency, "invoice": invoice.invoice_id,
        "is_default": is_default, "livemode": True,
        "payment": {"type": "payment_intent", "payment_intent": intent_id},
        "status": "open" if paid_at is None else "paid",
        "status_transitions": {"canceled_at": None, "paid_at": paid_at},
    }  # fmt: skip


def balance_transaction(m: Movement, as_of: int) -> Json:
    return {
        "id": m.txn_id, "object": "balance_transaction", "amount": m.amount, "available_on": m.available_on,
        "balance_type": "payments", "created": m.created, "currency": m.currency,
        "description": _MOVED[m.kind], "exchange_rate": None,
        "fee": m.fee,
        "fee_details": [
            {"amount": m.fee, "application": None, "currency": m.currency, "description": "Stripe processing fees",
             "type": "stripe_fee"}
        ] if m.fee else [],
        "net": m.net, "payout": m.payout_id, "reporting_category": m.kind, "source": m.source,
        "status": "available" if m.available_on <= as_of else "pending", "type": m.kind,
    }  # fmt: skip


def payout(payout_id: str, txn_id: str, created: int, amount: int, currency: str, as_of: int) -> Json:
    arrival = midnight(created) + DAY
    has_arrived = arrival < as_of
    return {
        "id": payout_id, "object": "payout", "amount": amount, "arrival_date": arrival, "automatic": True,
        "balance_transaction": txn_id, "created": created, "currency": currency, "description": "STRIPE PAYOUT",
        "destination": f"ba_{currency}", "failure_balance_transaction": None, "failure_code": None, "livemode": True,
        "metadata": {}, "method": "standard", "original_payout": None,
        "reconciliation_status": "completed" if has_arrived else "in_progress", "reversed_by": None,
        "source_type": "card", "statement_descriptor": None, "status": "paid" if has_arrived else "in_transit",
        "type": "bank_account",
    }  # fmt: skip


def meter_event_summary(summary_id: str, customer_id: str, meter_id: str, start: int, end: int, value: float) -> Json:
    return {
        "id": summary_id, "object": "billing.meter_event_summary", "aggregated_value": value, "customer": customer_id,
        "end_time": end, "livemode": True, "meter": meter_id, "start_time": start,
    }  # fmt: skip

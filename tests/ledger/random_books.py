"""Made-up documents at random: a company's invoices, credit grants, credit notes and usage as Stripe would list them.

Every customer has one monthly subscription with a licensed and a metered price. What happened to each invoice is drawn:
finalized and open, paid, void or uncollectible, still a draft, or never made. Amounts of licensed lines, their periods,
discounts and taxes are any. The same seed gives the same documents.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.reference.arithmetic import step

Object = dict[str, Any]
BEGIN = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())
DAY = 86_400
GRACE = 3_600
UNIT = "1.7"
CUSTOMERS = 25


def write_random_books(folder: Path, seed: int, as_of: str) -> None:
    """Writes `stripe/objects.jsonl` and `usage/usage.jsonl`: what there was to see at the as-of instant."""
    random = Random(seed)
    until = int(datetime.fromisoformat(as_of).timestamp())
    objects: list[Object] = [_meter(), *_prices()]
    usage: list[Object] = []
    for number in range(CUSTOMERS):
        name = f"{number:02}"
        anchor = BEGIN + random.randrange(40 * DAY)
        objects += [{"id": f"cus_{name}", "object": "customer", "created": anchor, "livemode": True, "balance": 0}]
        objects += [_subscription(name, anchor)]
        usage += _usage(random, name, anchor, until)
        objects += _invoices(random, name, anchor, until)
        objects += _grants(random, name, until)
    for path, rows in (("stripe/objects.jsonl", objects), ("usage/usage.jsonl", usage)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("".join(json.dumps(row) + "\n" for row in rows))


def _meter() -> Object:
    return {
        "id": "mtr_1",
        "object": "billing.meter",
        "event_name": "calls",
        "default_aggregation": {"formula": "sum"},
        "customer_mapping": {"event_payload_key": "stripe_customer_id", "type": "by_id"},
        "value_settings": {"event_payload_key": "value"},
        "status": "active",
        "created": BEGIN,
        "livemode": True,
    }


def _prices() -> list[Object]:
    return [
        {
            "id": f"price_{usage_type}",
            "object": "price",
            "active": True,
            "billing_scheme": "per_unit",
            "created": BEGIN,
            "currency": "usd",
            "livemode": True,
            "product": "prod_1",
            "recurring": {"interval": "month", "interval_count": 1, "meter": meter, "usage_type": usage_type},
            "type": "recurring",
            "unit_amount_decimal": unit,
        }
        for usage_type, meter, unit in (("licensed", None, "1000"), ("metered", "mtr_1", UNIT))
    ]


def _subscription(name: str, anchor: int) -> Object:
    licensed, metered = _prices()
    return {
        "id": f"sub_{name}",
        "object": "subscription",
        "customer": f"cus_{name}",
        "created": anchor,
        "start_date": anchor,
        "billing_cycle_anchor": anchor,
        "currency": "usd",
        "status": "active",
        "livemode": True,
        "collection_method": "charge_automatically",
        "items": {
            "object": "list",
            "has_more": False,
            "data": [
                {
                    "id": f"si_{name}_l",
                    "object": "subscription_item",
                    "created": anchor,
                    "price": licensed,
                    "quantity": 3,
                },
                {"id": f"si_{name}_m", "object": "subscription_item", "created": anchor, "price": metered},
            ],
        },
    }


def _usage(random: Random, name: str, anchor: int, until: int) -> list[Object]:
    """Events with a copy and a void now and then."""
    events: list[Object] = []
    for number in range(random.randrange(4, 30)):
        at = random.randrange(anchor, max(until, anchor + 1))
        value = str(random.choice([1, 7, "0.5", "12.25", 300]))
        event = {"id": f"{name}_{number}", "customer": f"cus_{name}", "meter": "calls", "value": value, "timestamp": at}
        events += [event, event] if random.random() < 0.2 else [event]
        if random.random() < 0.1:
            events += [{"id": f"{name}_{number}_void", "voids": event["id"], "timestamp": at}]
    return events


def _invoices(random: Random, name: str, anchor: int, until: int) -> list[Object]:
    made: list[Object] = []
    for number in range(30):
        start, end = (step(anchor, "month", number + k) for k in (-1, 0))
        if end > until:
            break
        fate = random.choice(["open", "paid", "paid", "paid", "void", "uncollectible", "draft", "missing"])
        if fate != "missing":
            invoice = _invoice(random, f"{name}_{number}", name, number, (start, end), fate)
            made.append(invoice)
            if fate in ("open", "paid", "uncollectible") and random.random() < 0.3:
                made.append(_credit_note(random, invoice))
    return made


def _line(invoice_id: str, part: str, name: str, period: tuple[int, int], amount: int) -> Object:
    details = {"subscription_item": f"si_{name}_{part}", "proration": amount < 0, "subscription": f"sub_{name}"}
    return {
        "id": f"il_{invoice_id}_{part}",
        "object": "line_item",
        "amount": amount,
        "currency": "usd",
        "invoice": invoice_id,
        "period": {"start": period[0], "end": period[1]},
        "parent": {"type": "subscription_item_details", "subscription_item_details": details},
        "pricing": {
            "type": "price_details",
            "price_details": {"price": f"price_{'licensed' if part == 'l' else 'metered'}", "product": "prod_1"},
        },
        "quantity": 1,
        "discount_amounts": [],
        "discounts": [],
        "metadata": {},
        "taxes": [],
    }


def _invoice(random: Random, key: str, name: str, number: int, period: tuple[int, int], fate: str) -> Object:
    """The licensed line is charged ahead for any time, in any amount; the metered one for the period that ended."""
    invoice_id, due = f"in_{key}", period[1]
    ahead = due + random.choice([0, 0, -9 * DAY]), due + random.choice([30 * DAY, 31 * DAY, 365 * DAY, 777])
    licensed = _line(invoice_id, "l", name, ahead, random.choice([3000, 9999, 1, -700]))
    if licensed["amount"] > 0 and random.random() < 0.4:
        licensed["discount_amounts"] = [{"amount": random.randrange(licensed["amount"] + 1), "discount": "di_1"}]
    lines = [licensed]
    if number:
        lines.append(_line(invoice_id, "m", name, period, random.randrange(5000)))
    for line in lines:
        if random.random() < 0.5:
            line["taxes"] = [{"amount": random.randrange(300), "tax_behavior": "exclusive"}]
    discount = sum(one["amount"] for one in licensed["discount_amounts"])
    tax = sum(one["amount"] for line in lines for one in line["taxes"])
    subtotal = sum(line["amount"] for line in lines)
    total = subtotal - discount + tax
    finalized = None if fate == "draft" else due + GRACE
    paid = max(total, 0) if fate == "paid" else 0
    return {
        "id": invoice_id,
        "object": "invoice",
        "amount_due": max(total, 0),
        "amount_paid": paid,
        "amount_remaining": max(total, 0) - paid,
        "billing_reason": "subscription_cycle" if number else "subscription_create",
        "collection_method": "charge_automatically",
        "created": due,
        "currency": "usd",
        "customer": f"cus_{name}",
        "lines": {"object": "list", "data": lines, "has_more": False},
        "livemode": True,
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": f"sub_{name}"}},
        "period_start": period[0] if number else due,
        "period_end": due,
        "starting_balance": 0,
        "status": fate,
        "status_transitions": {
            "finalized_at": finalized,
            "marked_uncollectible_at": due + 5 * DAY if fate == "uncollectible" else None,
            "paid_at": due + 2 * GRACE if fate == "paid" else None,
            "voided_at": due + 3 * DAY if fate == "void" else None,
        },
        "subtotal": subtotal,
        "total": total,
        "total_excluding_tax": total - tax,
        "total_discount_amounts": licensed["discount_amounts"],
        "total_pretax_credit_amounts": [],
        "total_taxes": [one for line in lines for one in line["taxes"]],
    }


def _credit_note(random: Random, invoice: Object) -> Object:
    tax, net = random.randrange(50), random.randrange(400)
    is_void = random.random() < 0.3
    at = invoice["created"] + 2 * DAY
    return {
        "id": invoice["id"].replace("in_", "cn_"),
        "object": "credit_note",
        "amount": net + tax,
        "created": at,
        "currency": "usd",
        "customer": invoice["customer"],
        "invoice": invoice["id"],
        "livemode": True,
        "pre_payment_amount": 0,
        "post_payment_amount": net + tax,
        "out_of_band_amount": net + tax,
        "refunds": [],
        "status": "void" if is_void else "issued",
        "subtotal": net,
        "total": net + tax,
        "total_excluding_tax": net,
        "total_taxes": [{"amount": tax, "tax_behavior": "exclusive"}],
        "type": "post_payment",
        "voided_at": at + DAY if is_void else None,
    }


def _grants(random: Random, name: str, until: int) -> list[Object]:
    made: list[Object] = []
    for number in range(random.randrange(3)):
        grant_id, amount = f"credgr_{name}_{number}", random.randrange(100, 5000)
        at = BEGIN + random.randrange(30 * DAY)
        made.append(
            {
                "id": grant_id,
                "object": "billing.credit_grant",
                "amount": {"type": "monetary", "monetary": {"currency": "usd", "value": amount}},
                "applicability_config": {"scope": {"price_type": "metered"}},
                "category": random.choice(["paid", "paid", "promotional"]),
                "created": at,
                "customer": f"cus_{name}",
                "effective_at": at,
                "expires_at": None,
                "livemode": True,
                "priority": 50,
                "voided_at": None,
            }
        )
        moves = [("credit", "credits_granted", amount)]
        used = random.randrange(amount + 1)
        moves += [("debit", "credits_applied", used)] if used else []
        moves += [("credit", "credits_application_invoice_voided", used)] if used and random.random() < 0.3 else []
        if random.random() < 0.4:
            left = sum(value if side == "credit" else -value for side, _, value in moves)
            moves += [("debit", random.choice(["credits_expired", "credits_voided"]), left)] if left else []
        for place, (side, kind, value) in enumerate(moves):
            money = {"amount": {"type": "monetary", "monetary": {"currency": "usd", "value": value}}, "type": kind}
            moved = {"credit": None, "debit": None, side: money}
            made.append(
                {
                    "id": f"cbtxn_{name}_{number}_{place}",
                    "object": "billing.credit_balance_transaction",
                    "created": min(at + place * DAY, until),
                    "credit_grant": grant_id,
                    "effective_at": min(at + place * DAY, until),
                    "livemode": True,
                    "type": side,
                    **moved,
                }
            )
    return made

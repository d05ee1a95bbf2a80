"""Reads one usage record exactly: the whole grammar of the three shapes, in pure Python.

Files are read in bulk by SQL (:mod:`tieout.sources.usage`), which accepts plain records only. Whatever is unusual in
any way comes here, so every rejection is decided in this module and the two it reads values with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tieout.core.quarantine import Reason
from tieout.sources.exact_json import Pairs, canonical_json, parse_object, parse_pairs
from tieout.sources.exact_values import Number, Rejected, given, read_decimal, read_instant, shown

CUSTOMER_KEY: Final = "stripe_customer_id"  # the usual payload keys of a Stripe meter
VALUE_KEY: Final = "value"
LATEST_LEAD: Final = timedelta(hours=1)  # an event may be stamped this much after its receipt
NATIVE_FIELDS: Final = ("id", "customer", "meter", "value", "timestamp", "received_at", "properties", "voids")


@dataclass(frozen=True)
class UsageRecord:
    """A readable usage record. Instants are naive UTC; ``value`` is None for a void and for a payload with other
    keys.
    """

    shape: str
    id_space: str
    event_id: str
    customer_ref: str | None
    meter: str | None
    value: Decimal | None
    occurred_at: datetime
    fraction_digits: int
    received_at: datetime | None
    voids: str | None
    properties: str
    payload: str | None


def read_json(text: str) -> UsageRecord:
    """One line of a usage file, in any of the three shapes. Raises :class:`Rejected`."""
    fields = parse_object(text)
    if given(fields.get("specversion")) is not None:
        return _read_cloudevent(fields)
    if "event_name" in fields:
        return _read_meter_event(fields)
    return read_native(fields)


def read_native(fields: dict[str, Any]) -> UsageRecord:
    """The native shape from fields that are JSON values or, from CSV and Parquet, texts (absent is None or empty)."""
    event_id = _text(fields, "id")
    voids = _text(fields, "voids", needed=False)
    is_void = voids is not None
    customer = _text(fields, "customer", needed=not is_void)
    meter = _text(fields, "meter", needed=not is_void)
    value = None if is_void else _value(fields.get("value"), "value")
    occurred_at, digits = _instant(fields.get("timestamp"), "timestamp")
    received_at = _received(fields.get("received_at"), "received_at", occurred_at)
    properties = _properties(fields.get("properties"))
    if is_void:
        customer, meter = None, None
    return UsageRecord(
        "native", "", event_id or "", customer, meter, value, occurred_at, digits, received_at, voids, properties, None
    )


def _read_meter_event(fields: dict[str, Any]) -> UsageRecord:
    event_id = _text(fields, "identifier")
    meter = _text(fields, "event_name")
    payload = _object(fields.get("payload"), "payload")
    usual, rest = payload.take("payload", CUSTOMER_KEY, VALUE_KEY)
    occurred_at, digits = _instant(fields.get("timestamp"), "timestamp")
    received_at = _received(fields.get("created"), "created", occurred_at)
    # A meter may name other keys; which ones is known only when all Stripe objects are, so here nothing is refused.
    try:
        customer = _text(usual, CUSTOMER_KEY, needed=False)
    except Rejected:
        customer = None
    try:
        value = _value(usual.get(VALUE_KEY), VALUE_KEY)
    except Rejected:
        value = None
    return UsageRecord(
        "stripe",
        "",
        event_id or "",
        customer,
        meter,
        value,
        occurred_at,
        digits,
        received_at,
        None,
        canonical_json(rest),
        canonical_json(payload),
    )


def _read_cloudevent(fields: dict[str, Any]) -> UsageRecord:
    event_id = _text(fields, "id")
    source = _text(fields, "source")
    meter = _text(fields, "type")
    customer = _text(fields, "subject")
    data = _object(fields.get("data"), "data")
    valued, rest = data.take("data", "value")
    value = _value(valued.get("value"), "data.value")
    occurred_at, digits = _instant(fields.get("time"), "time")
    received_at = _received(fields.get("receivedat"), "receivedat", occurred_at)
    return UsageRecord(
        "cloudevents",
        source or "",
        event_id or "",
        customer,
        meter,
        value,
        occurred_at,
        digits,
        received_at,
        None,
        canonical_json(rest),
        None,
    )


def _text(fields: dict[str, Any], name: str, *, needed: bool = True) -> str | None:
    value = given(fields.get(name))
    if value is None:
        if needed:
            raise Rejected(Reason.MISSING_FIELD, f"the field {name} is absent or empty")
        return None
    if isinstance(value, Number):
        if not re.fullmatch(r"-?[0-9]+", value):
            raise Rejected(Reason.INVALID_FIELD, f"the field {name} is {shown(value)}, not a text")
        return str(value)
    if not isinstance(value, str):
        raise Rejected(Reason.INVALID_FIELD, f"the field {name} is not a text")
    if "\0" in value:
        raise Rejected(Reason.INVALID_FIELD, f"the field {name} has a NUL character")
    return value


def _value(value: Any, name: str) -> Decimal:
    content = given(value)
    if content is None:
        raise Rejected(Reason.MISSING_FIELD, f"the field {name} is absent or empty")
    if not isinstance(content, str):
        raise Rejected(Reason.INVALID_VALUE, f"{name} is not a number")
    return read_decimal(content, name)


def _instant(value: Any, name: str) -> tuple[datetime, int]:
    content = given(value)
    if content is None:
        raise Rejected(Reason.MISSING_FIELD, f"the field {name} is absent or empty")
    if not isinstance(content, str):
        raise Rejected(Reason.INVALID_TIMESTAMP, f"{name} is not an instant")
    return read_instant(content, name)


def _received(value: Any, name: str, occurred_at: datetime) -> datetime | None:
    content = given(value)
    if content is None:
        return None
    received_at, _ = _instant(content, name)
    if occurred_at - received_at > LATEST_LEAD:
        raise Rejected(
            Reason.AFTER_RECEIPT,
            f"the event is stamped {occurred_at.isoformat()}Z, more than 1 hour after its receipt at "
            f"{received_at.isoformat()}Z",
        )
    return received_at


def _object(value: Any, name: str) -> Pairs:
    if given(value) is None:
        raise Rejected(Reason.MISSING_FIELD, f"the field {name} is absent or empty")
    if not isinstance(value, Pairs):
        raise Rejected(Reason.INVALID_FIELD, f"the field {name} is not an object")
    return value


def _properties(value: Any) -> str:
    content = given(value)
    if content is None:
        return "{}"
    if isinstance(content, str) and not isinstance(content, Number):  # CSV and Parquet carry it as JSON text
        try:
            return canonical_json(parse_pairs(content))
        except Rejected as error:
            raise Rejected(Reason.INVALID_PROPERTIES, f"the properties are not a JSON object: {error.detail}") from None
    if not isinstance(content, Pairs):
        raise Rejected(Reason.INVALID_PROPERTIES, "the properties are not a JSON object")
    return canonical_json(content)

"""Reads one usage record exactly: the whole grammar of the three shapes, in pure Python.

Files are read in bulk by SQL (:mod:`tieout.sources.usage`), which accepts plain records only. Whatever is unusual in
any way comes here, so every rejection is decided in this module, and so are exact numbers (JSON text to decimal
without a float).
"""

from __future__ import annotations

import calendar
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from tieout.core.quarantine import Reason

CUSTOMER_KEY: Final = "stripe_customer_id"  # the usual payload keys of a Stripe meter
VALUE_KEY: Final = "value"
LATEST_LEAD: Final = timedelta(hours=1)  # an event may be stamped this much after its receipt
NATIVE_FIELDS: Final = ("id", "customer", "meter", "value", "timestamp", "received_at", "properties", "voids")

BLANKS: Final = " \t\r\n"

_DECIMAL: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,4}))?", re.ASCII)
_INSTANT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)
_UNIX: Final = re.compile(r"(-?[0-9]{1,18})(?:\.([0-9]+))?", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


class Number(str):
    """A JSON number as its text, so that no digit is lost."""


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


class Rejected(Exception):
    """The record cannot be read: ``reason`` from the vocabulary, ``detail`` as a clause for people."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Pairs:
    """A JSON object with its keys as they came, doubles included."""

    items: tuple[tuple[str, Any], ...]

    def as_dict(self, where: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in self.items:
            if key in found:
                raise Rejected(Reason.DUPLICATE_KEY, f"{where} has the key {_shown(key)} twice")
            found[key] = value
        return found

    def take(self, where: str, *keys: str) -> tuple[dict[str, Any], Pairs]:
        """The named keys apart from the rest. Raises :class:`Rejected` when a named key is there twice."""
        taken = Pairs(tuple(pair for pair in self.items if pair[0] in keys)).as_dict(where)
        return taken, Pairs(tuple(pair for pair in self.items if pair[0] not in keys))


def read_json(text: str) -> UsageRecord:
    """One line of a usage file, in any of the three shapes. Raises :class:`Rejected`."""
    fields = parse_object(text)
    if given(fields.get("specversion")) is not None:
        return _read_cloudevent(fields)
    if "event_name" in fields:
        return _read_meter_event(fields)
    return read_native(fields)


def parse_object(text: str) -> dict[str, Any]:
    """JSON text of an object -> its fields; numbers stay text (:class:`Number`), inner objects stay pairs."""
    return _parse_pairs(text).as_dict("the record")


def _parse_pairs(text: str) -> Pairs:
    try:
        parsed = json.loads(
            text,
            parse_float=Number,
            parse_int=Number,
            parse_constant=Number,
            object_pairs_hook=lambda pairs: Pairs(tuple(pairs)),
        )
    except RecursionError:
        raise Rejected(Reason.BROKEN_JSON, "the line is nested too deeply") from None
    except ValueError as error:
        raise Rejected(Reason.BROKEN_JSON, f"the line is not JSON: {error}") from None
    if re.search(r"[\ud800-\udfff]", text) or ("\\u" in text and _has_surrogate(parsed)):
        raise Rejected(Reason.BROKEN_JSON, "the line has half a character (a lone surrogate)")
    if not isinstance(parsed, Pairs):
        raise Rejected(Reason.NOT_AN_OBJECT, "the line is JSON, but not an object")
    return parsed


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


def read_decimal(text: str, name: str) -> Decimal:
    """Exact decimal text, at least 0, of at most 18 integer and 12 fractional digits."""
    match = _DECIMAL.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise Rejected(Reason.INVALID_VALUE, f"{name} is {_shown(text)}, which is not a decimal number")
    sign, whole, fraction, exponent = match[1], match[2] or "", match[3] or "", int(match[4] or 0)
    digits = (whole + fraction).lstrip("0")
    point = len(digits) - len(fraction) + exponent  # integer digits that are left after the exponent
    decimals = max(len(fraction) - exponent, 0)
    if sign == "-" and digits:
        raise Rejected(Reason.NEGATIVE_VALUE, f"{name} is {_shown(text)}, which is below zero")
    if (digits and point > 18) or decimals > 12:
        raise Rejected(Reason.VALUE_TOO_LONG, f"{name} is {_shown(text)}, more than 18 integer or 12 fractional digits")
    return Decimal(f"{digits}E{exponent - len(fraction)}") if digits else Decimal(0)


def read_instant(value: Any, name: str) -> tuple[datetime, int]:
    """RFC 3339 with offset, or Unix seconds -> naive UTC instant (cut to microseconds) and its stated fractional
    digits (≤ 6).
    """
    text = str(value)
    unix = _UNIX.fullmatch(text)
    if unix is not None:
        seconds, fraction = int(unix[1]), unix[2] or ""
        if not 0 <= seconds <= _LAST_SECOND or text.startswith("-"):
            raise Rejected(Reason.INVALID_TIMESTAMP, f"{name} is {_shown(text)}, which is no date that can be")
        return _naive(_EPOCH + timedelta(seconds=seconds, microseconds=_micros(fraction))), min(len(fraction), 6)
    match = None if isinstance(value, Number) else _INSTANT.fullmatch(text)
    if match is None:
        raise Rejected(
            Reason.INVALID_TIMESTAMP,
            f"{name} is {_shown(text)}, which is neither RFC 3339 with an offset nor Unix seconds",
        )
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    fraction = match[7] or ""
    offset = timedelta(0)
    if match[9]:
        if int(match[10]) > 23 or int(match[11]) > 59:
            raise Rejected(Reason.INVALID_TIMESTAMP, f"{name} is {_shown(text)}, which has no possible offset")
        offset = timedelta(hours=int(match[10]), minutes=int(match[11])) * (-1 if match[9] == "-" else 1)
    try:
        moment = datetime(
            year, month, day, hour, minute, min(second, 59), _micros(fraction), tzinfo=timezone(offset)
        ).astimezone(UTC)
        if second == 60 and _may_leap(moment):
            moment = moment.replace(microsecond=0) + timedelta(seconds=1)
        elif second > 59:
            raise ValueError
    except (ValueError, OverflowError):
        raise Rejected(Reason.INVALID_TIMESTAMP, f"{name} is {_shown(text)}, which is on no calendar") from None
    if moment < _EPOCH:
        raise Rejected(Reason.INVALID_TIMESTAMP, f"{name} is {_shown(text)}, which is before 1970")
    return _naive(moment), min(len(fraction), 6)


def canonical_json(value: Any) -> str:
    """JSON text that two equal values share: keys sorted by their UTF-8 bytes, no blanks, plain numbers, characters
    unescaped.
    """
    if isinstance(value, Number):
        return _canonical_number(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Pairs):
        return _canonical_pairs(list(value.items))
    if isinstance(value, dict):
        return _canonical_pairs(list(value.items()))
    if isinstance(value, list):
        return "[" + ",".join(canonical_json(item) for item in value) + "]"
    return {None: "null", True: "true", False: "false"}[value]


def _canonical_pairs(pairs: list[tuple[str, Any]]) -> str:
    ordered = sorted(pairs, key=lambda pair: pair[0].encode())
    return "{" + ",".join(f"{_quoted(key)}:{canonical_json(item)}" for key, item in ordered) + "}"


def _canonical_number(text: str) -> str:
    match = _DECIMAL.fullmatch(text)
    if match is None or abs(int(match[4] or 0)) > 400:
        return text.lower()
    plain = format(Decimal(text), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in ("-0", "") else plain


_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _quoted(text: str) -> str:
    def escaped(match: re.Match[str]) -> str:
        return _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}"

    return '"' + re.sub(r'["\\\x00-\x1f]', escaped, text) + '"'


def given(value: Any) -> Any:
    """None for what counts as absent: null, an empty or blank text."""
    return None if value is None or (isinstance(value, str) and not value.strip(BLANKS)) else value


def _text(fields: dict[str, Any], name: str, *, needed: bool = True) -> str | None:
    value = given(fields.get(name))
    if value is None:
        if needed:
            raise Rejected(Reason.MISSING_FIELD, f"the field {name} is absent or empty")
        return None
    if isinstance(value, Number):
        if not re.fullmatch(r"-?[0-9]+", value):
            raise Rejected(Reason.INVALID_FIELD, f"the field {name} is {_shown(value)}, not a text")
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
            return canonical_json(_parse_pairs(content))
        except Rejected as error:
            raise Rejected(Reason.INVALID_PROPERTIES, f"the properties are not a JSON object: {error.detail}") from None
    if not isinstance(content, Pairs):
        raise Rejected(Reason.INVALID_PROPERTIES, "the properties are not a JSON object")
    return canonical_json(content)


def _micros(fraction: str) -> int:
    return int(fraction[:6].ljust(6, "0") or "0")


def _may_leap(moment: datetime) -> bool:
    """A leap second is the last one of a UTC month."""
    last = calendar.monthrange(moment.year, moment.month)[1]
    return (moment.day, moment.hour, moment.minute) == (last, 23, 59)


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _has_surrogate(value: Any) -> bool:
    if isinstance(value, str):
        return re.search(r"[\ud800-\udfff]", value) is not None
    if isinstance(value, Pairs):
        return any(_has_surrogate(key) or _has_surrogate(item) for key, item in value.items)
    return isinstance(value, list) and any(_has_surrogate(item) for item in value)


def _shown(text: str) -> str:
    return json.dumps(text if len(text) <= 60 else text[:57] + "...", ensure_ascii=False)

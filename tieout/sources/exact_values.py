"""Numbers and instants from text, exactly or not at all: what a landed record may say, and how it is refused."""

from __future__ import annotations

import calendar
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from tieout.core.quarantine import Reason

BLANKS: Final = " \t\r\n"
DECIMAL: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,4}))?", re.ASCII)
_INSTANT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)
_UNIX: Final = re.compile(r"(-?[0-9]{1,18})(?:\.([0-9]+))?", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


class Number(str):
    """A JSON number as its text, so that no digit is lost."""


class Rejected(Exception):
    """The record cannot be read: ``reason`` from the vocabulary, ``detail`` as a clause for people."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def given(value: Any) -> Any:
    """None for what counts as absent: null, an empty or blank text."""
    return None if value is None or (isinstance(value, str) and not value.strip(BLANKS)) else value


def read_decimal(text: str, name: str) -> Decimal:
    """Exact decimal text, at least 0, of at most 18 integer and 12 fractional digits."""
    match = DECIMAL.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise Rejected(Reason.INVALID_VALUE, f"{name} is {shown(text)}, which is not a decimal number")
    sign, whole, fraction, exponent = match[1], match[2] or "", match[3] or "", int(match[4] or 0)
    digits = (whole + fraction).lstrip("0")
    point = len(digits) - len(fraction) + exponent  # integer digits that are left after the exponent
    decimals = max(len(fraction) - exponent, 0)
    if sign == "-" and digits:
        raise Rejected(Reason.NEGATIVE_VALUE, f"{name} is {shown(text)}, which is below zero")
    if (digits and point > 18) or decimals > 12:
        raise Rejected(Reason.VALUE_TOO_LONG, f"{name} is {shown(text)}, more than 18 integer or 12 fractional digits")
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
            raise Rejected(Reason.INVALID_TIMESTAMP, f"{name} is {shown(text)}, which is no date that can be")
        return _naive(_EPOCH + timedelta(seconds=seconds, microseconds=_micros(fraction))), min(len(fraction), 6)
    match = None if isinstance(value, Number) else _INSTANT.fullmatch(text)
    if match is None:
        raise Rejected(
            Reason.INVALID_TIMESTAMP,
            f"{name} is {shown(text)}, which is neither RFC 3339 with an offset nor Unix seconds",
        )
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    fraction = match[7] or ""
    offset = timedelta(0)
    if match[9]:
        if int(match[10]) > 23 or int(match[11]) > 59:
            raise Rejected(Reason.INVALID_TIMESTAMP, f"{name} is {shown(text)}, which has no possible offset")
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
        raise Rejected(Reason.INVALID_TIMESTAMP, f"{name} is {shown(text)}, which is on no calendar") from None
    if moment < _EPOCH:
        raise Rejected(Reason.INVALID_TIMESTAMP, f"{name} is {shown(text)}, which is before 1970")
    return _naive(moment), min(len(fraction), 6)


def _micros(fraction: str) -> int:
    return int(fraction[:6].ljust(6, "0") or "0")


def _may_leap(moment: datetime) -> bool:
    """A leap second is the last one of a UTC month."""
    last = calendar.monthrange(moment.year, moment.month)[1]
    return (moment.day, moment.hour, moment.minute) == (last, 23, 59)


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def shown(text: str) -> str:
    """A text as a message quotes it: in quotes, cut."""
    return json.dumps(text if len(text) <= 60 else text[:57] + "...", ensure_ascii=False)

"""Reads the small folders: contracts (what was sold), acceptances (findings that people accepted) and closes (months
closed).

They are written by people and their tools and have some thousand lines at most, so they are read one by one, exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from tieout.core.quarantine import Reason
from tieout.sources.exact_json import Pairs, parse_object
from tieout.sources.exact_values import Rejected, given, read_decimal, read_instant

INTERVALS: Final = ("day", "week", "month", "year")
CLOSE_ACTIONS: Final = ("close", "reopen")
#: As of Stripe's amounts: so many digits that no sum of them overflows.
AMOUNT_DIGITS: Final = 15
Row = dict[str, Any]


@dataclass(frozen=True)
class _Fields:
    """The fields of a JSON object with typed access; every problem is a :class:`Rejected` that names the field."""

    values: Mapping[str, Any]
    prefix: str = ""

    def text(self, name: str, *, needed: bool = True) -> str | None:
        value = self._given(name, needed)
        if value is None:
            return None
        if isinstance(value, str):
            return str(value)
        raise Rejected(Reason.INVALID_FIELD, f"the field {self.prefix}{name} is not a text")

    def instant(self, name: str, *, needed: bool = True) -> datetime | None:
        value = self._given(name, needed)
        if value is None:
            return None
        if not isinstance(value, str):
            raise Rejected(Reason.INVALID_TIMESTAMP, f"{self.prefix}{name} is not an instant")
        return read_instant(value, f"{self.prefix}{name}")[0]

    def decimal(self, name: str, *, needed: bool = True) -> Decimal | None:
        value = self._given(name, needed)
        if value is None:
            return None
        if not isinstance(value, str):
            raise Rejected(Reason.INVALID_VALUE, f"{self.prefix}{name} is not a number")
        return read_decimal(value, f"{self.prefix}{name}")

    def integer(self, name: str, *, needed: bool = True, default: int | None = None) -> int | None:
        value = self.decimal(name, needed=needed)
        if value is None:
            return default
        if value != int(value):
            raise Rejected(Reason.INVALID_VALUE, f"{self.prefix}{name} is {value}, not a whole number")
        return int(value)

    def amount(self, name: str) -> int | None:
        value = self.integer(name)
        if value is not None and value >= 10**AMOUNT_DIGITS:
            raise Rejected(Reason.VALUE_TOO_LONG, f"{self.prefix}{name} is {value}, more than {AMOUNT_DIGITS} digits")
        return value

    def flag(self, name: str) -> bool:
        value = self._given(name, needed=False)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise Rejected(Reason.INVALID_FIELD, f"the field {self.prefix}{name} is neither true nor false")
        return value

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise Rejected(Reason.INVALID_FIELD, f"{self.prefix}{name} is not one of {', '.join(allowed)}")
        return value

    def inner(self, name: str) -> _Fields | None:
        value = self._given(name, needed=False)
        if value is None:
            return None
        if not isinstance(value, Pairs):
            raise Rejected(Reason.INVALID_FIELD, f"the field {self.prefix}{name} is not an object")
        return _Fields(value.as_dict(name), f"{name}.")

    def inners(self, name: str) -> list[_Fields]:
        value = self._given(name, needed=False)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, Pairs) for item in value):
            raise Rejected(Reason.INVALID_FIELD, f"the field {self.prefix}{name} is not a list of objects")
        return [_Fields(item.as_dict(name), f"{name}[{index}].") for index, item in enumerate(value)]

    def _given(self, name: str, needed: bool) -> Any:
        value = given(self.values.get(name))
        if value is None and needed:
            raise Rejected(Reason.MISSING_FIELD, f"the field {self.prefix}{name} is absent or empty")
        return value


def read_contract(text: str) -> Row:
    """A line of ``contracts/``. Raises :class:`Rejected`."""
    fields = _Fields(parse_object(text))
    commitment = fields.inner("commitment")
    starts_at, ends_at = fields.instant("starts_at"), fields.instant("ends_at", needed=False)
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        raise Rejected(Reason.INVALID_TIMESTAMP, "ends_at is before starts_at")
    currency = fields.text("currency", needed=False)
    return {
        "contract_id": fields.text("contract_id"),
        "account_id": fields.text("account_id", needed=False),
        "account_name": fields.text("account_name", needed=False),
        "customer_id": fields.text("customer", needed=False),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "currency": None if currency is None else currency.lower(),
        "coupon_id": fields.text("coupon", needed=False),
        "commitment_amount_minor": None if commitment is None else commitment.amount("amount_minor"),
        "commitment_interval": None if commitment is None else commitment.one_of("interval", INTERVALS),
        "commitment_interval_count": (
            None if commitment is None else commitment.integer("interval_count", needed=False, default=1)
        ),
        "items": [
            {"price_id": item.text("price"), "quantity": item.decimal("quantity", needed=False)}
            for item in fields.inners("items")
        ],
        "limits": [
            {"meter": limit.text("meter"), "per": limit.text("per"), "max": limit.decimal("max")}
            for limit in fields.inners("limits")
        ],
    }


def read_acceptance(text: str) -> Row:
    """A line of ``acceptances/``. Raises :class:`Rejected`."""
    fields = _Fields(parse_object(text))
    return {
        "discrepancy_id": fields.text("discrepancy_id"),
        "reason": fields.text("reason", needed=False),
        "accepted_by": fields.text("by", needed=False),
        "accepted_at": fields.instant("at"),
        "until_at": fields.instant("until", needed=False),
        "is_revoked": fields.flag("revoked"),
    }


def read_close(text: str) -> Row:
    """A line of ``closes/``: ``{"month": "2026-09", "action": "close"|"reopen", "by", "at"}``. Raises
    :class:`Rejected`.
    """
    fields = _Fields(parse_object(text))
    month = fields.text("month") or ""
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) or month < "1970":
        raise Rejected(Reason.INVALID_FIELD, f"the field month is {month!r}, not a month like 2026-09")
    return {
        "period_month": date(int(month[:4]), int(month[5:]), 1),
        "action": fields.one_of("action", CLOSE_ACTIONS),
        "closed_by": fields.text("by", needed=False),
        "closed_at": fields.instant("at"),
    }


READERS: Final[dict[str, Callable[[str], Row]]] = {
    "contracts": read_contract,
    "acceptances": read_acceptance,
    "closes": read_close,
}

__all__ = ["READERS", "read_acceptance", "read_close", "read_contract"]

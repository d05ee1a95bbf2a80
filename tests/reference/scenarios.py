"""Histories and what they come to as JSON, so that a case that once differed can be kept and read by people."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from tests.reference.histories import History, Invoice

Json = Any


def encoded(value: object) -> Json:
    """A dataclass of the histories as JSON: fields with their default are left out, decimals are text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple):
        return [encoded(one) for one in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        defaults = {field.name: field.default for field in dataclasses.fields(value)}
        return {name: encoded(one) for name, one in fields.items() if one != defaults[name]}
    return value


def decoded(kind: Any, value: Json) -> Any:
    """The value of that type which `encoded` wrote."""
    if get_origin(kind) is UnionType:
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
        return None if value is None else decoded(kind, value)
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        element = [kinds[0]] * len(value) if kinds[1:] == (Ellipsis,) else kinds
        return tuple(decoded(each, one) for each, one in zip(element, value, strict=True))
    if kind is Decimal:
        return Decimal(value)
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: decoded(hints[name], one) for name, one in value.items()})
    return value


def under_name(value: Json, old: str, new: str) -> Json:
    """The JSON with `new` for `old` in all ids, which are written `sub_<name>`, `si_<name>_1` and the like."""
    if isinstance(value, str):
        return re.sub(rf"_{re.escape(old)}(?=_|$)", f"_{new}", value)
    if isinstance(value, list):
        return [under_name(one, old, new) for one in value]
    return {key: under_name(one, old, new) for key, one in value.items()} if isinstance(value, dict) else value


def name_of(history: History) -> str:
    """What all ids of the history have in them."""
    return history.subscription_id.removeprefix("sub_")


def renamed(history: History, name: str) -> History:
    """The same history under other ids, so that several forms of it can land together."""
    found: History = decoded(History, under_name(encoded(history), name_of(history), name))
    return found


def scenario(history: History, invoices: list[Invoice]) -> Json:
    """A golden scenario: the history, and the invoices that it should come to."""
    return {"history": encoded(history), "invoices": [encoded(one) for one in invoices]}


def read_scenario(written: Json, name: str) -> tuple[History, list[Invoice]]:
    """The history and its invoices under the scenario's name."""
    old = name_of(decoded(History, written["history"]))
    body = under_name(written, old, name)
    return decoded(History, body["history"]), [decoded(Invoice, one) for one in body["invoices"]]

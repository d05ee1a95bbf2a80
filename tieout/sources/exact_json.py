"""JSON without loss: numbers stay text, keys stay as they came, and equal values share one canonical text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tieout.core.quarantine import Reason
from tieout.sources.exact_values import DECIMAL, Number, Rejected, shown


@dataclass(frozen=True)
class Pairs:
    """A JSON object with its keys as they came, doubles included."""

    items: tuple[tuple[str, Any], ...]

    def as_dict(self, where: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in self.items:
            if key in found:
                raise Rejected(Reason.DUPLICATE_KEY, f"{where} has the key {shown(key)} twice")
            found[key] = value
        return found

    def take(self, where: str, *keys: str) -> tuple[dict[str, Any], Pairs]:
        """The named keys apart from the rest. Raises :class:`Rejected` when a named key is there twice."""
        taken = Pairs(tuple(pair for pair in self.items if pair[0] in keys)).as_dict(where)
        return taken, Pairs(tuple(pair for pair in self.items if pair[0] not in keys))


def parse_object(text: str) -> dict[str, Any]:
    """JSON text of an object -> its fields; numbers stay text (:class:`Number`), inner objects stay pairs."""
    return parse_pairs(text).as_dict("the record")


def parse_pairs(text: str) -> Pairs:
    """JSON text of an object -> its keys as they came. Raises :class:`Rejected`."""
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
    match = DECIMAL.fullmatch(text)
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


def _has_surrogate(value: Any) -> bool:
    if isinstance(value, str):
        return re.search(r"[\ud800-\udfff]", value) is not None
    if isinstance(value, Pairs):
        return any(_has_surrogate(key) or _has_surrogate(item) for key, item in value.items)
    return isinstance(value, list) and any(_has_surrogate(item) for item in value)

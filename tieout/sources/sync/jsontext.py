"""JSON as text: cuts a list answer into its objects without changing a character of them.

What lands is verbatim: numbers keep their digits, keys their order. Parsing and writing again would not promise that
(``1.10`` becomes ``1.1``), so objects are cut out of the answer by position.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Final

from tieout.sources.sync.types import VOLATILE_FIELDS, Json

_BLANK: Final = " \t\r\n"
_DECODER: Final = json.JSONDecoder()


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _elements(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Spans of the elements of the array that opens at ``at``; the last span yielded is the array's own end twice."""
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        yield at, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    yield at + 1, at + 1


def one_line(text: str) -> str:
    """The same JSON on one line. Inside a JSON string no raw line break can stand, so breaks are only layout."""
    return " ".join(part.strip(_BLANK) for part in text.split("\n")).strip(_BLANK)


def split_list(body: str) -> tuple[list[str], bool]:
    """The objects of a Stripe list answer, each as its own one-line text, and whether there are more pages.

    Raises ValueError when the answer is no list.
    """
    objects: list[str] | None = None
    has_more = False
    try:
        at = _skip(body, 0)
        if body[at] != "{":
            raise ValueError("not a JSON object")
        at = _skip(body, at + 1)
        while body[at] != "}":
            key, at = _DECODER.raw_decode(body, at)
            at = _skip(body, _skip(body, at) + 1)  # over the colon
            if key == "data" and body[at] == "[":
                *spans, (at, _) = _elements(body, at)
                objects = [one_line(body[start:end]) for start, end in spans]
            else:
                value, at = _DECODER.raw_decode(body, at)
                has_more = value is True if key == "has_more" else has_more
            at = _skip(body, at)
            if body[at] == ",":
                at = _skip(body, at + 1)
    except (IndexError, json.JSONDecodeError) as broken:
        raise ValueError(f"the list answer is not JSON: {broken}") from broken
    if objects is None:
        raise ValueError("the answer has no data list")
    return objects, has_more


def with_key(text: str, key: str, value: str | None) -> str:
    """The object's text with one more key at its end (Stripe answers that key only as a list filter)."""
    body = text.rstrip(_BLANK)
    if not body.endswith("}"):
        raise ValueError("not a JSON object")
    inner = body[:-1].rstrip(_BLANK)
    comma = "" if inner.endswith("{") else ", "
    return f"{inner}{comma}{json.dumps(key)}: {json.dumps(value)}}}"


def content_hash(obj: Json) -> bytes:
    """16 bytes that are the same as long as nothing happened to the object (volatile fields left out)."""
    volatile = VOLATILE_FIELDS.get(str(obj.get("object")), ())
    kept = {key: value for key, value in obj.items() if key not in volatile}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()

"""Why a landed record can be set aside: the whole vocabulary of quarantine reasons, declared once.

A reason is a short fixed word that can be counted and filtered; the sentence that goes with it (``detail``) is made
where the record is rejected, because only there the figures are known.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A quarantine reason; the value is what is published."""

    INVALID_UTF8 = "invalid_utf8"
    LINE_TOO_LONG = "line_too_long"
    CORRUPT_FILE = "corrupt_file"
    BROKEN_JSON = "broken_json"
    BROKEN_CSV = "broken_csv"
    NOT_AN_OBJECT = "not_an_object"
    DUPLICATE_KEY = "duplicate_key"
    MISSING_FIELD = "missing_field"
    INVALID_FIELD = "invalid_field"
    INVALID_VALUE = "invalid_value"
    NEGATIVE_VALUE = "negative_value"
    VALUE_TOO_LONG = "value_too_long"
    INVALID_TIMESTAMP = "invalid_timestamp"
    AFTER_RECEIPT = "timestamp_after_receipt"
    INVALID_PROPERTIES = "invalid_properties"
    # decided later, when everything that has landed is known
    AMBIGUOUS_CUSTOMER = "ambiguous_customer"
    OTHER_LIVEMODE = "other_livemode"


MEANINGS: dict[Reason, str] = {
    Reason.INVALID_UTF8: "The line is not UTF-8 text.",
    Reason.LINE_TOO_LONG: "The line is longer than the reader's limit.",
    Reason.CORRUPT_FILE: "The file breaks off or is damaged here (torn gzip, unreadable Parquet).",
    Reason.BROKEN_JSON: "The line is not JSON.",
    Reason.BROKEN_CSV: "The row has another number of fields than the header, or an unclosed quote.",
    Reason.NOT_AN_OBJECT: "The line is JSON, but not an object.",
    Reason.DUPLICATE_KEY: "A key is there twice, so that the record says two things.",
    Reason.MISSING_FIELD: "A field that the record needs is absent, null or empty.",
    Reason.INVALID_FIELD: "A field has a type that it cannot have.",
    Reason.INVALID_VALUE: "The value is not a decimal number.",
    Reason.NEGATIVE_VALUE: "The value is below zero.",
    Reason.VALUE_TOO_LONG: "The value has more than 18 integer or 12 fractional digits.",
    Reason.INVALID_TIMESTAMP: "An instant is not RFC 3339 with an offset nor Unix seconds, or is on no calendar.",
    Reason.AFTER_RECEIPT: "The event is stamped more than one hour after it was received.",
    Reason.INVALID_PROPERTIES: "The properties are not a JSON object.",
    Reason.AMBIGUOUS_CUSTOMER: "The account stands for several customers at that time.",
    Reason.OTHER_LIVEMODE: "The object is of the other mode (live or test) than this home.",
}

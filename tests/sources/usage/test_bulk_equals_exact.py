"""The bulk reader (SQL) and the exact reader (Python) must say the same of every line, whatever is in it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.usage.reading import Reading, put, read
from tieout.sources.exact_values import Rejected
from tieout.sources.usage_record import UsageRecord, read_json

VALUES = st.one_of(
    st.integers(0, 10**19).map(str),
    st.decimals(0, 10**6, places=3).map(str),
    st.sampled_from(
        [
            "0", "-0", "-0.0", "-1", "1e3", "1E-2", "1e18", "123456789012345678.123456789012", "0.0000000000001",
            "0.1000000000000000055", "1.10", "1.0", "100000000000000000000", "NaN", "Infinity", "-Infinity", "01", ".5",
            "null", "true", '"5"', '"5.50"', '""', '" 7"', '"+7"', '"1e3"', '"NaN"', '"-3"', '"0x10"', '"५"',
            "[1]", "{}",
            '"123456789012345678.123456789012"', '"1234567890123456789"', '"0.1234567890123"',
        ]
    ),
)  # fmt: skip
TIMES = st.sampled_from(
    [
        '"2026-07-01T10:00:00Z"', '"2026-07-01T10:00:00.5Z"', '"2026-07-01T10:00:00.123456789Z"', "1782900000",
        '"2026-07-01T12:00:00+02:00"', '"2026-07-01T10:00:00-00:30"', '"2026-07-01t10:00:00z"',
        '"2026-07-01 10:00:00Z"',
        '"2026-07-01T10:00:00"', '"2026-06-30T23:59:60Z"', '"2026-06-30T23:58:60Z"', '"2026-07-01T24:00:00Z"',
        '"2026-02-30T10:00:00Z"', '"1969-12-31T23:59:59Z"', '"9999-12-31T23:59:59Z"',
        '"9999-12-31T23:59:59-01:00"', '"0000-01-01T00:00:00Z"',
        "1782900000.25", '"1782900000"', '"1782900000.75"', "1.7829e9", "-5", "99999999999999", '""', "null",
        "true", '"soon"',
        '"2026-07-01T10:00:00+25:00"', '"2026-07-01T10:00:00+2:00"', '"2026-13-01T10:00:00Z"', '"2026-07-01T10:60:00Z"',
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=8).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.text(max_size=8).map(json.dumps),
    st.sampled_from(
        ['"a"', '"cus_1"', '""', '" "', '" b"', "null", "12", "1.5", "true", "[]", '{"a":1}', '"\\u0000"', '"\\ud800"']
    ),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
PROPERTIES = st.one_of(
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ).map(json.dumps),
    st.sampled_from(
        ['{}', "null", '""', "[]", '{"b":1,"a":{"d":1,"c":1.0}}', '{"a":1,"a":2}', '{"a":1.50}', '{"a":1,}',
         '{"a":"\\/"}', '{"value":"1","value":"2"}', '{"a":NaN}', '{"é":1,"z":2,"a\\"b":3}']
    ),
)  # fmt: skip


@st.composite
def native_lines(draw: st.DrawFn) -> str:
    fields = {
        "id": draw(st.one_of(st.just('"e1"'), TEXTS)),
        "customer": draw(st.one_of(st.just('"cus_1"'), TEXTS)),
        "meter": draw(st.one_of(st.just('"m"'), TEXTS)),
        "value": draw(st.one_of(st.just("5"), VALUES)),
        "timestamp": draw(st.one_of(st.just('"2026-07-01T10:00:00Z"'), TIMES)),
        "received_at": draw(st.one_of(st.none(), st.just('"2026-07-01T10:00:05Z"'), TIMES)),
        "properties": draw(st.one_of(st.none(), PROPERTIES)),
        "voids": draw(st.one_of(st.none(), st.none(), st.none(), TEXTS)),
    }
    return draw(spelled({key: value for key, value in fields.items() if value is not None}))


@st.composite
def stripe_lines(draw: st.DrawFn) -> str:
    payload = {
        "stripe_customer_id": draw(st.one_of(st.just('"cus_1"'), TEXTS)),
        "value": draw(st.one_of(st.just('"5"'), VALUES)),
        "region": draw(st.one_of(st.just('"eu"'), PROPERTIES)),
    }
    dropped = draw(st.sets(st.sampled_from(sorted(payload)), max_size=2))
    fields = {
        "object": '"billing.meter_event"',
        "identifier": draw(st.one_of(st.just('"e1"'), TEXTS)),
        "event_name": draw(st.one_of(st.just('"m"'), TEXTS)),
        "timestamp": draw(st.one_of(st.just("1782900000"), TIMES)),
        "created": draw(st.one_of(st.none(), st.just("1782900005"), TIMES)),
        "payload": draw(st.one_of(spelled({k: v for k, v in payload.items() if k not in dropped}), PROPERTIES)),
    }
    return draw(spelled({key: value for key, value in fields.items() if value is not None}))


@st.composite
def cloud_lines(draw: st.DrawFn) -> str:
    data = {"value": draw(st.one_of(st.just("5"), VALUES)), "region": draw(st.one_of(st.just('"eu"'), PROPERTIES))}
    fields = {
        "specversion": draw(st.one_of(st.just('"1.0"'), TEXTS)),
        "id": draw(st.one_of(st.just('"e1"'), TEXTS)),
        "source": draw(st.one_of(st.just('"gw"'), TEXTS)),
        "type": draw(st.one_of(st.just('"m"'), TEXTS)),
        "subject": draw(st.one_of(st.just('"cus_1"'), TEXTS)),
        "time": draw(st.one_of(st.just('"2026-07-01T10:00:00Z"'), TIMES)),
        "receivedat": draw(st.one_of(st.none(), st.just('"2026-07-01T10:00:05Z"'), TIMES)),
        "data": draw(st.one_of(spelled(data), PROPERTIES)),
    }
    return draw(spelled({key: value for key, value in fields.items() if value is not None}))


@st.composite
def spelled(draw: st.DrawFn, fields: dict[str, str]) -> str:
    """JSON text of the fields, in any order, with or without blanks, now and then with a key doubled or one more."""
    pairs = draw(st.permutations(list(fields.items())))
    if pairs and draw(st.integers(0, 15)) == 0:
        pairs = [*pairs, draw(st.sampled_from(pairs))]
    if draw(st.integers(0, 7)) == 0:
        pairs = [*pairs, ("tenant", '"t1"')]
    colon, comma = draw(st.sampled_from([(": ", ", "), (":", ",")]))
    return "{" + comma.join(f'"{key}"{colon}{value}' for key, value in pairs) + "}"


@st.composite
def broken_lines(draw: st.DrawFn) -> str:
    line = draw(st.one_of(native_lines(), stripe_lines(), cloud_lines()))
    at = draw(st.integers(0, len(line)))
    return draw(
        st.sampled_from([line[:at], line[:at] + draw(st.characters()) + line[at:], line + "}", "[" + line + "]", "  "])
    )


LINES = st.one_of(native_lines(), stripe_lines(), cloud_lines(), broken_lines()).filter(
    lambda line: not set(line) & {"\n", "\r"}
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(LINES, min_size=1, max_size=40))
def test_bulk_equals_exact(lines: list[str]) -> None:
    lines = [line for line in lines if _is_text(line)]
    with tempfile.TemporaryDirectory() as folder:
        put(Path(folder, "landing"), "usage/a.jsonl", "\n".join(lines) + "\n")
        reading = read(Path(folder, "landing"), Path(folder, "home"))
    for number, line in enumerate(lines, 1):
        place = f"usage/a.jsonl:{number}"
        if not line.strip(" \t\r\n"):
            assert place not in reading.records
            assert place not in reading.rejects
            continue
        exact = _read_exactly(line)
        if isinstance(exact, Rejected):
            assert place not in reading.records, f"{line}: the exact reader says {exact}"
            assert reading.reasons().get(place) == str(exact.reason), line
        else:
            _same(reading, place, line, exact)


def _read_exactly(line: str) -> UsageRecord | Rejected:
    try:
        return read_json(line)
    except Rejected as error:
        return error


def _same(reading: Reading, place: str, line: str, record: UsageRecord) -> None:
    assert place in reading.records, f"{line}: {reading.rejects.get(place)}"
    found = reading.records[place]
    expected: dict[str, Any] = {
        **record.__dict__,
        "value": None if record.value is None else f"{record.value:.12f}",
        "occurred_at": record.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "received_at": None if record.received_at is None else record.received_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
    }
    assert found == expected, line


def _is_text(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True

"""Usage records as files: three shapes, four formats, written as whole columns of text."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tieout.simulator.periods import DAY, iso_day
from tieout.simulator.usage import CLOUDEVENT, MODELS, NATIVE, REGIONS, STRIPE, UNIX, WITH_OFFSET, Batch

NATIVE_FORMATS: Final = ("jsonl", "jsonl.gz", "csv", "parquet")
STRIPE_FORMATS: Final = ("jsonl", "jsonl.gz")
_CSV_HEAD: Final = "id,customer,meter,value,timestamp,received_at,properties,voids\n"
_HEX: Final = np.array([f"{n:02x}".encode() for n in range(256)], dtype="S2")
_CLOCK: Final = pa.array([f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}" for n in range(DAY)])
_MILLIS: Final = pa.array(["", *(f".{n:03}" for n in range(1, 1000))])
_GZIP_LEVEL: Final = 1


@dataclass(frozen=True)
class Extra:
    """A record put into a day's file as it is; ``on_written`` is told (path from the landing root, line from 1)."""

    shape: int
    raw: str
    on_written: Callable[[str, int], None] | None = None


@dataclass(frozen=True)
class StreamNames:
    """Per stream: customer id, account id (or the customer id again), meter; and the meters' decimals."""

    customers: list[str]
    accounts: list[str]
    meters: list[str]
    decimals: np.ndarray


def native_format(day: int) -> str:
    """The format of a day's native file."""
    return NATIVE_FORMATS[day // DAY % len(NATIVE_FORMATS)]


def stripe_format(day: int) -> str:
    """The format of a day's file of Stripe meter events."""
    return STRIPE_FORMATS[day // DAY % len(STRIPE_FORMATS)]


def write_bytes(path: Path, *parts: bytes | memoryview) -> None:
    """Write a file; `.gz` is compressed without a time in it, so that the same content gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=_GZIP_LEVEL, mtime=0) as packed:
                for part in parts:
                    packed.write(part)
        else:
            for part in parts:
                raw.write(part)


class UsageWriter:
    """Writes one day's records into `usage/dt=…/`, each shape into a file of its own."""

    def __init__(self, landing: Path, names: StreamNames) -> None:
        self._landing, self._names = landing, names
        self._customers, self._accounts = pa.array(names.customers), pa.array(names.accounts)
        self._meters = pa.array(names.meters)
        pairs = [(r, m) for r in REGIONS for m in ("", *MODELS)]
        objects = [json.dumps({"region": r, "model": m} if m else {"region": r}) for r, m in pairs]
        self._properties = pa.array(objects)
        self._rest = pa.array([", " + o[1:-1] for o in objects])
        self._properties_csv = pa.array(['"' + o.replace('"', '""') + '"' for o in objects])

    def write(self, day: int, batch: Batch, extras: list[Extra]) -> None:
        """Write a day; an empty shape gets no file."""
        folder = f"usage/dt={iso_day(day)}"
        kind = native_format(day)
        plans: tuple[tuple[int, str, Callable[[Batch], Any]], ...] = (
            (NATIVE, f"native.{kind}", self._native_csv if kind == "csv" else self._native_json),
            (STRIPE, f"stripe-meter-events.{stripe_format(day)}", self._stripe),
            (CLOUDEVENT, "cloudevents.jsonl", self._cloudevents),
        )
        for shape, name, encode in plans:
            rows = batch.take(np.flatnonzero(batch.shape == shape))
            own = [e for e in extras if e.shape == shape]
            if not len(rows) and not own:
                continue
            path = f"{folder}/{name}"
            if name.endswith(".parquet"):
                assert not own, "a raw record cannot go into a Parquet file"
                self._write_parquet(self._landing / path, rows)
                continue
            head = _CSV_HEAD if name.endswith(".csv") else ""
            middle = len(rows) // 2
            before, after = (_bytes_of(encode(rows.take(part))) for part in np.split(np.arange(len(rows)), [middle]))
            between = "".join(f"{e.raw}\n" for e in own).encode()
            write_bytes(self._landing / path, head.encode(), before, between, after)
            for number, extra in enumerate(own, middle + 1 + bool(head)):
                if extra.on_written:
                    extra.on_written(path, number)

    # ------------------------------------------------------------------ columns of text
    def _reference(self, rows: Batch) -> Any:
        return pc.if_else(rows.by_account, self._accounts.take(rows.stream), self._customers.take(rows.stream))

    def _which_properties(self, rows: Batch) -> np.ndarray:
        which: np.ndarray = rows.region.astype(np.int64) * (len(MODELS) + 1) + rows.model + 1
        return which

    def _value(self, rows: Batch) -> Any:
        """Plain digits, with the meter's decimals where it has any."""
        decimals = self._names.decimals[rows.stream]
        text = pc.cast(pa.array(rows.value), pa.string())
        for places in np.unique(decimals[decimals > 0]):
            scale = 10 ** int(places)
            whole = pc.cast(pa.array(rows.value // scale), pa.string())
            part = pc.utf8_lpad(pc.cast(pa.array(rows.value % scale), pa.string()), int(places), "0")
            text = pc.if_else(decimals == places, pc.binary_join_element_wise(whole, part, "."), text)
        return text

    @staticmethod
    def _instant(ms: np.ndarray, form: np.ndarray, quote: str) -> Any:
        """RFC 3339 with Z or +02:00, quoted, or Unix seconds bare."""
        seconds = ms // 1000
        local = np.where(form == WITH_OFFSET, seconds + 7200, seconds)
        day = local // DAY
        first = int(day.min()) if len(day) else 0
        last = int(day.max()) if len(day) else 0
        dates = pa.array([iso_day(d * DAY) for d in range(first, last + 1)])
        zone = pa.array(["Z", "+02:00"]).take((form == WITH_OFFSET).astype(np.int64))
        text = pc.binary_join_element_wise(
            quote, dates.take(day - first), "T", _CLOCK.take(local % DAY), _MILLIS.take(ms % 1000), zone, quote, ""
        )
        return pc.if_else(form == UNIX, pc.cast(pa.array(seconds), pa.string()), text)

    def _received(self, rows: Batch, lead: str, quote: str) -> Any:
        zero = np.zeros(len(rows), dtype=np.int8)
        text = self._instant(np.where(rows.received_ms < 0, rows.at_ms, rows.received_ms), zero, quote)
        return pc.if_else(rows.received_ms >= 0, pc.binary_join_element_wise(lead, text, ""), "")

    def _native_json(self, rows: Batch) -> Any:
        is_void = rows.voids != 0
        value = self._value(rows)
        value = pc.if_else(rows.is_text, pc.binary_join_element_wise('"', value, '"', ""), value)
        value = pc.binary_join_element_wise(', "value": ', value, "")
        voids = pc.binary_join_element_wise(', "voids": "ue_', _hex(rows.voids), '"', "")
        properties = self._properties.take(self._which_properties(rows))
        return pc.binary_join_element_wise(
            '{"id": "ue_', _hex(rows.token), '", "customer": "', self._reference(rows), '", "meter": "',
            self._meters.take(rows.stream), '"', pc.if_else(is_void, voids, value),
            ', "timestamp": ', self._instant(rows.at_ms, rows.form, '"'),
            self._received(rows, ', "received_at": ', '"'),
            pc.if_else(is_void, "", pc.binary_join_element_wise(', "properties": ', properties, "")), "}\n", "",
        )  # fmt: skip

    def _native_csv(self, rows: Batch) -> Any:
        is_void = rows.voids != 0
        voids = pc.if_else(is_void, pc.binary_join_element_wise("ue_", _hex(rows.voids), ""), "")
        properties = pc.if_else(is_void, "", self._properties_csv.take(self._which_properties(rows)))
        return pc.binary_join_element_wise(
            "ue_", _hex(rows.token), ",", self._reference(rows), ",", self._meters.take(rows.stream), ",",
            pc.if_else(is_void, "", self._value(rows)), ",", self._instant(rows.at_ms, rows.form, ""),
            self._received(rows, ",", ""), pc.if_else(rows.received_ms >= 0, ",", ",,"),
            properties, ",", voids, "\n", "",
        )  # fmt: skip

    def _stripe(self, rows: Batch) -> Any:
        return pc.binary_join_element_wise(
            '{"object": "billing.meter_event", "created": ', pc.cast(pa.array(rows.received_ms // 1000), pa.string()),
            ', "event_name": "', self._meters.take(rows.stream), '", "identifier": "ue_', _hex(rows.token),
            '", "livemode": true, "payload": {"stripe_customer_id": "', self._reference(rows), '", "value": "',
            self._value(rows), '"', self._rest.take(self._which_properties(rows)), '}, "timestamp": ',
            pc.cast(pa.array(rows.at_ms // 1000), pa.string()), "}\n", "",
        )  # fmt: skip

    def _cloudevents(self, rows: Batch) -> Any:
        value = self._value(rows)
        value = pc.if_else(rows.is_text, pc.binary_join_element_wise('"', value, '"', ""), value)
        return pc.binary_join_element_wise(
            '{"specversion": "1.0", "id": "ue_', _hex(rows.token), '", "source": "gateway", "type": "',
            self._meters.take(rows.stream), '", "subject": "', self._reference(rows), '", "time": ',
            self._instant(rows.at_ms, rows.form, '"'), self._received(rows, ', "receivedat": ', '"'),
            ', "data": {"value": ', value, self._rest.take(self._which_properties(rows)), "}}\n", "",
        )  # fmt: skip

    def _write_parquet(self, path: Path, rows: Batch) -> None:
        is_void = rows.voids != 0
        instant = pa.timestamp("ms", tz="UTC")
        value = pc.if_else(is_void, pa.scalar(None, pa.string()), self._value(rows))
        properties = self._properties.take(self._which_properties(rows))
        voids = pc.binary_join_element_wise("ue_", _hex(rows.voids), "")
        table = pa.table(
            {
                "id": pc.binary_join_element_wise("ue_", _hex(rows.token), ""),
                "customer": self._reference(rows),
                "meter": self._meters.take(rows.stream),
                "value": pc.cast(value, pa.decimal128(30, 12)),
                "timestamp": pa.array(rows.at_ms).cast(instant),
                "received_at": pa.array(rows.received_ms, mask=rows.received_ms < 0).cast(instant),
                "properties": pc.if_else(is_void, pa.scalar(None, pa.string()), properties),
                "voids": pc.if_else(is_void, voids, pa.scalar(None, pa.string())),
            }
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, compression="zstd")


def _hex(token: np.ndarray) -> Any:
    """Sixteen hexadecimal digits of each 64-bit number, as an Arrow column."""
    raw = np.ascontiguousarray(token, dtype=">i8").view(np.uint8)
    digits = _HEX[raw].tobytes()
    offsets = np.arange(0, len(digits) + 1, 16, dtype=np.int32)
    return pa.StringArray.from_buffers(len(token), pa.py_buffer(offsets), pa.py_buffer(digits))


def _bytes_of(column: Any) -> memoryview:
    """The text of a column, one cell after the other: it is the file."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not len(column):
        return memoryview(b"")
    offsets = np.frombuffer(column.buffers()[1], dtype=np.int32)
    assert column.offset == 0
    return memoryview(column.buffers()[2])[: int(offsets[len(column)])]

"""Usage events, made day by day as whole arrays: ten million of them are a matter of seconds.

The totals that Stripe's meters and our truth must show are counted from the very same arrays, never from a formula.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from tieout.simulator.catalogue import METERS
from tieout.simulator.people import Streams
from tieout.simulator.periods import DAY, midnight
from tieout.simulator.spec import EVENTS_PER_CUSTOMER_DAY, WorldSpec

NATIVE, STRIPE, CLOUDEVENT = 0, 1, 2
#: How an instant is written: with Z, as Unix seconds, with an offset of two hours.
WITH_Z, UNIX, WITH_OFFSET = 0, 1, 2

REGIONS: Final = ("us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1")
MODELS: Final = ("opus-5", "sonnet-5", "haiku-5", "gpt-5.5", "composer-2")

#: No event waits longer than this to be received, so that none comes after its invoice is finalized, an hour past its
#: period: the world stays clean.
LAG_MAX_S: Final = 2700
COPY_SHARE, DEFER_SHARE, VOID_SHARE = 0.03, 0.02, 0.003
_WEEKEND_LEVEL: Final = 0.55


@dataclass
class Batch:
    """Usage records as arrays of one length.

    ``at_ms`` and ``received_ms`` in Unix milliseconds, −1 is "not stated"; ``value`` scaled by the meter's decimals;
    ``voids`` is the token of the voided event, 0 for none.
    """

    stream: np.ndarray
    token: np.ndarray
    at_ms: np.ndarray
    received_ms: np.ndarray
    value: np.ndarray
    shape: np.ndarray
    form: np.ndarray
    region: np.ndarray
    model: np.ndarray
    by_account: np.ndarray
    is_text: np.ndarray
    voids: np.ndarray

    def __len__(self) -> int:
        return len(self.stream)

    def take(self, which: np.ndarray) -> Batch:
        return Batch(*(getattr(self, f.name)[which] for f in fields(self)))

    @staticmethod
    def concat(batches: list[Batch]) -> Batch:
        return Batch(*(np.concatenate([getattr(b, f.name) for b in batches]) for f in fields(Batch)))


class Totals:
    """What was used: scaled quantities and events per stream and period, and per stream and day."""

    def __init__(self, streams: Streams, begin_s: int, end_s: int) -> None:
        count, periods = streams.bounds.shape
        self.begin_day = midnight(begin_s)
        self.days = (end_s - self.begin_day + DAY - 1) // DAY
        self.bounds = streams.bounds
        self.period_quantity = np.zeros((count, periods), dtype=np.int64)
        self.period_events = np.zeros((count, periods), dtype=np.int64)
        self.day_quantity = np.zeros((count, self.days), dtype=np.int64)
        self.day_events = np.zeros((count, self.days), dtype=np.int32)
        self.records = 0
        self.counting = 0

    def add(self, stream: np.ndarray, at_ms: np.ndarray, value: np.ndarray) -> None:
        """Count events of at most one day."""
        at_s = at_ms // 1000
        period = (at_s[:, None] >= self.bounds[stream]).sum(axis=1) - 1
        day = (at_s - self.begin_day) // DAY
        np.add.at(self.period_quantity, (stream, period), value)
        np.add.at(self.period_events, (stream, period), 1)
        np.add.at(self.day_quantity, (stream, day), value)
        np.add.at(self.day_events, (stream, day), 1)
        self.counting += len(stream)


class UsageMaker:
    """Makes the days of a world's usage in order; counts what counts into ``totals``."""

    def __init__(self, spec: WorldSpec, streams: Streams, account_share: np.ndarray, meters: tuple[str, ...]) -> None:
        self._spec, self._streams, self._account_share = spec, streams, account_share
        self._rng = spec.rng("usage")
        self.totals = Totals(streams, spec.begin_s, spec.end_s)
        self._typical = np.array([METERS[m].typical for m in meters])
        self._scale = np.array([10 ** METERS[m].decimals for m in meters], dtype=np.int64)
        self._has_model = np.array([METERS[m].has_model for m in meters])
        self._waiting: dict[int, list[Batch]] = {}
        self._per_rate_day = self._intensity()

    def _intensity(self) -> float:
        """Events per unit of rate and day, so that about the wanted number comes out."""
        spec, streams = self._spec, self._streams
        wanted = spec.events
        if wanted is None:
            wanted = int(spec.customers * EVENTS_PER_CUSTOMER_DAY * (spec.end_s - spec.begin_s) / DAY)
        weight = float((streams.rate * (streams.end - streams.start)).sum() / DAY)
        mean_level = (5 + 2 * _WEEKEND_LEVEL) / 7
        return wanted / (weight * mean_level * (1 + COPY_SHARE)) if weight > 0 else 0.0

    def days(self) -> Iterator[tuple[int, Batch]]:
        """(start of the UTC day, the records that land in that day's files, in no order)."""
        for number in range(self.totals.days):
            day = self.totals.begin_day + number * DAY
            batch = self._events_of(day)
            landing = self._spread(day, batch)
            self.totals.records += len(landing)
            yield day, landing

    def _events_of(self, day: int) -> Batch:
        streams, rng = self._streams, self._rng
        low = np.maximum(streams.start, day)
        high = np.minimum(streams.end, day + DAY)
        active = np.flatnonzero(high > low)
        share = (high[active] - low[active]) / DAY
        level = _WEEKEND_LEVEL if (day // DAY + 3) % 7 >= 5 else 1.0
        count = rng.poisson(streams.rate[active] * share * self._per_rate_day * level)
        stream = np.repeat(active, count)
        n = len(stream)
        shape = rng.choice(3, size=n, p=[0.5, 0.3, 0.2]).astype(np.int8)
        form = np.where(shape == STRIPE, UNIX, rng.choice(3, size=n, p=[0.8, 0.15, 0.05])).astype(np.int8)
        form = np.where((shape == CLOUDEVENT) & (form == UNIX), WITH_Z, form)
        at_ms = ((low[stream] + rng.random(n) * (high[stream] - low[stream])).astype(np.int64)) * 1000
        has_fraction = (form != UNIX) & (rng.random(n) < 0.2)
        at_ms += np.where(has_fraction, rng.integers(1, 1000, size=n), 0)
        meter = streams.meter[stream]
        amount = self._typical[meter] * self._scale[meter] * rng.lognormal(0, 0.8, n)
        value = np.maximum(1, np.rint(amount)).astype(np.int64)
        return Batch(
            stream=stream,
            token=rng.integers(1, np.iinfo(np.int64).max, size=n, dtype=np.int64),
            at_ms=at_ms,
            received_ms=self._received(at_ms, shape),
            value=value,
            shape=shape,
            form=form,
            region=rng.integers(0, len(REGIONS), size=n).astype(np.int8),
            model=np.where(self._has_model[meter], rng.integers(0, len(MODELS), size=n), -1).astype(np.int8),
            by_account=(rng.random(n) < self._account_share[stream]) & (shape != STRIPE),
            is_text=rng.random(n) < 0.6,
            voids=np.zeros(n, dtype=np.int64),
        )

    def _received(self, at_ms: np.ndarray, shape: np.ndarray) -> np.ndarray:
        rng, n = self._rng, len(at_ms)
        lag_s = np.minimum(rng.lognormal(2.0, 1.0, n), 600)
        slow = rng.random(n)
        lag_s = np.where(slow < 0.02, rng.random(n) * LAG_MAX_S, lag_s)
        lag_s = np.where(slow > 0.99, -rng.random(n) * 60, lag_s)  # a clock that runs ahead
        received = np.minimum((at_ms // 1000 + lag_s.astype(np.int64)) * 1000, self._spec.end_s * 1000)
        return np.where((shape != STRIPE) & (rng.random(n) < 0.2), -1, received)

    def _spread(self, day: int, batch: Batch) -> Batch:
        """Count the day's events, then void some, send some twice and let some wait for a later file."""
        rng, end_ms = self._rng, self._spec.end_s * 1000
        n = len(batch)
        is_void = (rng.random(n) < VOID_SHARE) & (batch.at_ms + 3_600_000 < end_ms)
        self.totals.add(batch.stream[~is_void], batch.at_ms[~is_void], batch.value[~is_void])
        parts = [batch, self._voids(batch.take(np.flatnonzero(is_void)))]
        copies = batch.take(np.flatnonzero(rng.random(n) < COPY_SHARE))
        delay = rng.integers(1, 4, size=len(copies))
        stated = copies.received_ms >= 0
        copies.received_ms = np.where(stated, copies.received_ms + delay * DAY * 1000 + 17_000, -1)
        swap = stated & ~copies.by_account & (copies.shape != CLOUDEVENT) & (rng.random(len(copies)) < 0.5)
        copies.shape = np.where(swap, 1 - copies.shape, copies.shape).astype(np.int8)
        copies.form = np.where(copies.shape == STRIPE, UNIX, copies.form).astype(np.int8)
        copies.is_text = ~copies.is_text
        last = self.totals.begin_day + (self.totals.days - 1) * DAY
        for days in range(1, 4):
            if day + days * DAY <= last:
                late = np.flatnonzero((delay == days) & (copies.received_ms < end_ms))
                self._waiting.setdefault(day + days * DAY, []).append(copies.take(late))
        own = Batch.concat(parts)
        if day < last:
            waits = rng.random(len(own)) < DEFER_SHARE
            self._waiting.setdefault(day + DAY, []).append(own.take(np.flatnonzero(waits)))
            own = own.take(np.flatnonzero(~waits))
        landing = Batch.concat([own, *self._waiting.pop(day, [])])
        return landing.take(rng.permutation(len(landing)))

    def _voids(self, voided: Batch) -> Batch:
        """A native record each that takes the event back within the half hour."""
        rng, n = self._rng, len(voided)
        at_ms = (voided.at_ms // 1000 + rng.integers(60, 1800, size=n)) * 1000
        return Batch(
            stream=voided.stream,
            token=rng.integers(1, np.iinfo(np.int64).max, size=n, dtype=np.int64),
            at_ms=at_ms,
            received_ms=at_ms + 2000,
            value=np.zeros(n, dtype=np.int64),
            shape=np.full(n, NATIVE, dtype=np.int8),
            form=np.full(n, WITH_Z, dtype=np.int8),
            region=voided.region,
            model=voided.model,
            by_account=voided.by_account,
            is_text=voided.is_text,
            voids=voided.token,
        )

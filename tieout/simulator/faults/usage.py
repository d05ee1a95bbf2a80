"""Faults of usage records: unreadable ones, contradicting ones, and those of nobody and nothing known.

They are decided before usage is made, since they are put into its files as it is written.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np

from tieout.simulator import objects
from tieout.simulator.catalogue import Meter
from tieout.simulator.ids import Ids
from tieout.simulator.people import Customer
from tieout.simulator.periods import DAY, HOUR, iso, midnight
from tieout.simulator.spec import WorldSpec
from tieout.simulator.truth import Truth
from tieout.simulator.usage import NATIVE, STRIPE, Totals
from tieout.simulator.usage_files import Extra, native_format

_EVENTS_OF_A_STRANGER: Final = 5


@dataclass
class UsageSite:
    """What a usage fault may look at and change."""

    spec: WorldSpec
    customers: list[Customer]
    totals: Totals
    truth: Truth
    ids: Ids
    extras: dict[int, list[Extra]] = field(default_factory=lambda: defaultdict(list))
    meters: list[dict[str, Any]] = field(default_factory=list)

    def last_day(self) -> int:
        return self.totals.begin_day + (self.totals.days - 1) * DAY

    def text_days(self, start: int, end: int) -> list[int]:
        """Days of [start, end) whose native file is JSON lines, whole days only."""
        first = midnight(start) + DAY
        return [d for d in range(first, min(midnight(end), self.last_day()), DAY) if "jsonl" in native_format(d)]

    def text_day(self, instant: int) -> int:
        """The day nearest to an instant whose native file is JSON lines."""
        days = [d for d in range(self.totals.begin_day, self.last_day() + 1, DAY) if "jsonl" in native_format(d)]
        return min(days, key=lambda day: abs(day - midnight(instant)))

    def record(self, customer: str, at: int, meter: str, value: int) -> dict[str, Any]:
        """A good native record."""
        return {
            "id": f"ue_{self.ids.hex(16)}",
            "customer": customer,
            "meter": meter,
            "value": value,
            "timestamp": iso(at),
            "received_at": iso(at + 20),
            "properties": {"region": "us-east-1", "model": "sonnet-5"},
        }

    def put(self, day: int, record: dict[str, Any] | str, on_written: Any = None, shape: int = NATIVE) -> None:
        raw = record if isinstance(record, str) else json.dumps(record)
        self.extras[day].append(Extra(shape, raw, on_written))


class UsagePlant(ABC):
    """A fault among the usage records; ``plant`` returns False where this world has no room for it."""

    kind: ClassVar[str]
    variants: ClassVar[tuple[str, ...]]

    def __init__(self, variant: str, rng: np.random.Generator) -> None:
        assert variant in self.variants, f"{self.kind} has no variant {variant}"
        self.variant, self.rng = variant, rng

    @abstractmethod
    def plant(self, site: UsageSite) -> bool:
        """Put the records in place and note the fault."""

    def pick(self, rows: list[Any]) -> Any:
        return rows[int(self.rng.integers(0, len(rows)))]

    def user(self, site: UsageSite) -> tuple[Customer, int] | None:
        """A customer that uses premium requests, and a whole day of its life with a native file of JSON lines."""
        users = [c for c in site.customers if "premium_requests" in c.subscription.streams]
        for _ in range(50 if users else 0):
            customer = self.pick(users)
            s = customer.subscription
            days = site.text_days(s.trial_end or s.created, s.cancel_at or site.spec.end_s)
            if days:
                return customer, self.pick(days)
        return None

    def record(self, site: UsageSite, customer: str, at: int, meter: str = "premium_requests") -> dict[str, Any]:
        """A good native record."""
        return site.record(customer, at, meter, int(self.rng.integers(1, 20)))


USAGE_PLANTS: Final[dict[str, type[UsagePlant]]] = {}


def _register(plant: type[UsagePlant]) -> type[UsagePlant]:
    USAGE_PLANTS[plant.kind] = plant
    return plant


@_register
class UsageInvalid(UsagePlant):
    kind = "usage_invalid"
    variants = (
        "broken_json",
        "missing_field",
        "negative",
        "too_many_digits",
        "impossible_date",
        "from_the_future",
        "not_a_number",
    )

    def plant(self, site: UsageSite) -> bool:
        found = self.user(site)
        if found is None:
            return False
        customer, day = found
        record = self.record(site, customer.customer_id, day + int(self.rng.integers(HOUR, DAY - HOUR)))
        raw = self._spoilt(record, day)

        def written(path: str, line: int) -> None:
            site.truth.quarantine.append({"file": path, "line": line, "why": self.variant, "raw": raw})
            site.truth.fault(
                kind=self.kind,
                variant=self.variant,
                customer_id=customer.customer_id,
                currency=customer.currency,
                impact_minor=None,
                object_id=f"{path}:{line}",
            )

        site.put(day, raw, written)
        return True

    def _spoilt(self, record: dict[str, Any], day: int) -> str:
        if self.variant == "broken_json":
            text = json.dumps(record)
            return text[: len(text) * 3 // 5]
        if self.variant == "missing_field":
            del record[self.pick(["customer", "meter", "value", "timestamp", "id"])]
        elif self.variant == "negative":
            record["value"] = -record["value"]
        elif self.variant == "too_many_digits":
            record["value"] = self.pick(["1234567890123456789", "0.1234567890123"])
        elif self.variant == "impossible_date":
            record["timestamp"] = record["timestamp"][:5] + "02-30T10:00:00Z"
        elif self.variant == "from_the_future":
            record["received_at"] = iso(day - 2 * HOUR)
        else:
            record["value"] = "twelve"
        return json.dumps(record)


@_register
class UsageConflict(UsagePlant):
    """The first received counts; the other, a later one, contradicts it."""

    kind = "usage_conflict"
    variants = ("value", "time", "time_other_shape", "properties")

    def plant(self, site: UsageSite) -> bool:
        found = self.user(site)
        if found is None:
            return False
        customer, day = found
        at = day + int(self.rng.integers(HOUR, DAY - HOUR))
        good = self.record(site, customer.customer_id, at)
        other = {**good, "properties": dict(good["properties"]), "received_at": iso(at + 900)}
        stream = customer.subscription.streams["premium_requests"]
        site.totals.add(np.array([stream]), np.array([at * 1000]), np.array([good["value"]]))
        site.put(day, good)
        if self.variant == "value":
            other["value"] = good["value"] + 3
        elif self.variant == "properties":
            other["properties"]["region"] = "eu-west-1"
        else:
            other["timestamp"] = iso(at + 30)
        if self.variant == "time_other_shape":
            payload = {"stripe_customer_id": good["customer"], "value": str(good["value"]), **good["properties"]}
            event = {
                "object": "billing.meter_event",
                "created": at + 900,
                "event_name": good["meter"],
                "identifier": good["id"],
                "livemode": True,
                "payload": payload,
                "timestamp": at + 30,
            }
            site.put(day, event, shape=STRIPE)
        else:
            site.put(day, other)
        site.totals.records += 2
        site.truth.fault(
            kind=self.kind,
            variant=self.variant,
            customer_id=customer.customer_id,
            currency=customer.currency,
            impact_minor=None,
            object_id=good["id"],
        )
        return True


class _Stranger(UsagePlant):
    """Several events of somebody or something unknown: one fault."""

    def _put_events(self, site: UsageSite, customer: str, meter: str, after: int) -> bool:
        days = site.text_days(after, site.spec.end_s)
        if not days:
            return False
        for _ in range(_EVENTS_OF_A_STRANGER):
            day = self.pick(days)
            at = day + int(self.rng.integers(HOUR, DAY - HOUR))
            site.put(day, self.record(site, customer, at, meter))
            site.totals.records += 1
        return True

    def _note(self, site: UsageSite, **fields: Any) -> None:
        site.truth.fault(
            kind=self.kind, variant=self.variant, customer_id=None, currency="usd", impact_minor=None, **fields
        )


@_register
class UsageUnknownCustomer(_Stranger):
    kind = "usage_unknown_customer"
    variants = ("unknown_cus", "unknown_account")

    def plant(self, site: UsageSite) -> bool:
        known = self.variant == "unknown_cus"
        reference = site.ids.new("cus") if known else f"acct-{site.ids.hex(8)}"
        if not self._put_events(site, reference, "premium_requests", site.spec.begin_s):
            return False
        self._note(site, object_id=reference)
        return True


@_register
class UsageUnknownMeter(_Stranger):
    kind = "usage_unknown_meter"
    variants = ("typo", "retired")

    def plant(self, site: UsageSite) -> bool:
        found = self.user(site)
        if found is None:
            return False
        customer, _ = found
        name = f"{'premium_request' if self.variant == 'typo' else 'legacy_units'}_{site.ids.hex(5)}"
        after = customer.subscription.created
        if not self._put_events(site, customer.customer_id, name, after):
            return False
        if self.variant == "retired":
            retired_at = site.spec.begin_s - 40 * DAY
            site.meters.append(objects.meter(Meter(name), deactivated_at=retired_at))
        self._note(site, meter=name)
        return True

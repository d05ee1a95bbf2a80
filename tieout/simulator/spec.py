"""What kind of world is wanted, and the random streams it is made from."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

#: (what is being done, done so far, of how many); told at most a few times a second.
Progress = Callable[[str, int, int], None]

API_SHAPES = ("basil", "legacy", "mixed")
#: Usage records per customer and day when no number is asked for.
EVENTS_PER_CUSTOMER_DAY = 5.0
#: Beyond this many customers the truth's daily usage is left out: it would be larger than the usage itself.
TRUTH_CUSTOMERS_MAX = 3000

MAX_CUSTOMERS = 200_000
MAX_MONTHS = 36


class SpecError(ValueError):
    """The wanted world makes no sense; the message says why."""


@dataclass(frozen=True)
class WorldSpec:
    """What to make.

    ``months`` is the length of the history before ``end``, the as-of instant. ``faults`` are requests like
    ``line_missing``, ``line_missing/usage`` (that variant), ``line_missing*3`` or ``all``. ``events`` is about how many
    usage records are wanted over the whole time. ``compound`` is how many groups of faults may meet on one
    subscription; a group is written `one+other`. ``renews_together``: everybody signs up in the same ten minutes.
    """

    customers: int = 300
    months: int = 3
    end: datetime = datetime(2026, 11, 1, tzinfo=UTC)
    seed: int = 1
    faults: tuple[str, ...] = ()
    api: str = "basil"
    events: int | None = None
    compound: int = 1
    has_full_truth: bool | None = None
    renews_together: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.customers <= MAX_CUSTOMERS:
            raise SpecError(f"customers must be 1 to {MAX_CUSTOMERS}, not {self.customers}")
        if not 1 <= self.months <= MAX_MONTHS:
            raise SpecError(f"months must be 1 to {MAX_MONTHS}, not {self.months}")
        if self.api not in API_SHAPES:
            raise SpecError(f"api must be one of {', '.join(API_SHAPES)}, not {self.api!r}")
        if self.end.tzinfo is None:
            raise SpecError("end must state its time zone")
        if self.events is not None and self.events < 0:
            raise SpecError("events must not be negative")
        if self.compound < 1:
            raise SpecError("compound must be at least 1")

    @property
    def end_s(self) -> int:
        """The as-of instant in Unix seconds."""
        return int(self.end.timestamp())

    @property
    def begin_s(self) -> int:
        """The first second of the history: midnight, ``months`` calendar months before the end."""
        end = self.end.astimezone(UTC)
        month = end.year * 12 + end.month - 1 - self.months
        return int(datetime(month // 12, month % 12 + 1, min(end.day, 28), tzinfo=UTC).timestamp())

    @property
    def writes_full_truth(self) -> bool:
        """Whether daily usage and entitlements go into truth.json."""
        return self.customers <= TRUTH_CUSTOMERS_MAX if self.has_full_truth is None else self.has_full_truth

    def rng(self, name: str) -> np.random.Generator:
        """A random stream of its own for each purpose, so that a new one does not shift the others."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, zlib.crc32(name.encode())]))

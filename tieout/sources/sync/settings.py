"""The settings of a sync. The key is not among them: it is read from the environment where the client is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

PAGE_SIZE: Final = 100
"""Stripe's greatest page."""

EVENT_REACH_SECONDS: Final = 30 * 86_400
"""How far back the list of events goes: https://docs.stripe.com/api/events."""

METER_REACH_SECONDS: Final = 35 * 86_400 + 3_600
"""A meter takes usage up to 35 days back, so a closed period's total may still grow for that long (and an hour)."""


@dataclass(frozen=True)
class SyncSettings:
    """How to read. All durations are in seconds.

    ``overlap_seconds``: how far before the newest known object a list is read again; objects can show up in a list
    a little after others with a later ``created``.
    ``summary_refresh_seconds``: a meter window is not read again before this has passed.
    ``summary_lag_seconds``: the running period's window ends at the last UTC midnight that is at least this old.
    ``summaries_since``: meter windows that end before it are left out (None: all).
    ``as_of``: the instant taken as now (None: the clock).
    """

    base_address: str | None = None
    overlap_seconds: int = 3_600
    summary_refresh_seconds: int = 20 * 3_600
    summary_lag_seconds: int = 3_600
    summaries_since: datetime | None = None
    as_of: datetime | None = None
    is_full: bool = False
    timeout_seconds: float = 60.0
    attempts_max: int = 8
    wait_seconds_first: float = 0.5
    wait_seconds_max: float = 60.0
    workers: int = 4
    part_bytes_max: int = 64 * 1024 * 1024

    def now(self) -> int:
        """Now in Unix seconds."""
        return int((self.as_of or datetime.now(UTC)).timestamp())

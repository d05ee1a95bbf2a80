"""What a sync tells while it runs, and what it has done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Progress(Protocol):
    """Hears how a sync goes on. ``what`` is an object type or the kind of a follow-up."""

    def plan(self, calls: dict[str, int]) -> None:
        """Told before follow-up calls are made: how many (at least) of which."""

    def read(self, what: str, objects: int, landed: int, calls_left: int | None = None) -> None:
        """Objects have been read, and of these so many were new or changed."""

    def note(self, text: str) -> None:
        """Something an operator should know."""

    def wait(self, seconds: float, why: str) -> None:
        """A call is tried again after a pause."""


class Silent:
    """A progress that nobody watches."""

    def plan(self, calls: dict[str, int]) -> None: ...

    def read(self, what: str, objects: int, landed: int, calls_left: int | None = None) -> None: ...

    def note(self, text: str) -> None: ...

    def wait(self, seconds: float, why: str) -> None: ...


@dataclass
class SyncReport:
    """Counts of one sync: objects read and landed by type, calls, files, and what could not be read and why.

    ``forbidden``: what the key may not read; ``failed``: what Stripe rejected otherwise.
    """

    read: Counter[str] = field(default_factory=Counter)
    landed: Counter[str] = field(default_factory=Counter)
    forbidden: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    requests: int = 0
    retries: int = 0
    is_resumed: bool = False

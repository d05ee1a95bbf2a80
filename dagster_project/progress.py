"""What a run tells the person who watches it. Without a listener nothing is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One step forward: `done` of `total` in `stage`; a total of 0 means that it is not known."""

    stage: str
    done: int = 0
    total: int = 0
    detail: str = ""


Listener = Callable[[Progress], None]
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Calls `listener` for every step while the block runs. It may be called from several threads."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def tell(progress: Progress) -> None:
    """Hands a step to whoever listens."""
    for listener in tuple(_listeners):
        listener(progress)

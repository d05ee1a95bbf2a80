"""A polite stop: SIGTERM ends a command the same way as Ctrl-C does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


def stop_on_sigterm() -> None:
    """From now on SIGTERM raises KeyboardInterrupt in the main thread, so that clean-up runs."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class Stop:
    """Stop requests that wait while something must not be torn apart, and raise KeyboardInterrupt otherwise."""

    def __init__(self) -> None:
        self._is_held = False
        self._is_asked = False

    def listen(self) -> None:
        """From now on Ctrl-C and SIGTERM are requests to stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._is_asked = True
        if not self._is_held:
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """A request that comes in here is heeded at the end of the block."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            if self._is_asked:
                raise KeyboardInterrupt

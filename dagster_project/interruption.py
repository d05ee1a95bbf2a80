"""A request to stop stays one, also when it arrives inside a library that catches everything.

Dagster raises its interruption wherever the code happens to be. Reading dbt's parsed project, for one, turns it into an
error about a field, or tries the field's next type and forgets it. A person who pressed Ctrl-C would then be shown that
error, or a run that goes on.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

import dagster as dg

STOPPING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruption_kept() -> Iterator[None]:
    """Raises KeyboardInterrupt in place of an error under which a request to stop lies, or of one that was lost.

    Raises:
        KeyboardInterrupt: SIGINT or SIGTERM arrived in the block, whatever the block made of it.
    """
    asked: list[int] = []
    try:
        with ExitStack() as stack:
            if threading.current_thread() is threading.main_thread():  # the only one that Python lets handle signals
                for number in STOPPING:
                    stack.enter_context(_noted(number, asked.append))
            yield
    except Exception as error:
        if asked or was_interrupted(error):
            raise KeyboardInterrupt from error
        raise
    if asked:
        raise KeyboardInterrupt


@contextmanager
def _noted(number: int, note: Callable[[int], None]) -> Iterator[None]:
    """Notes a signal before its handler raises; one that is ignored stays ignored."""
    handler = signal.getsignal(number)
    if not callable(handler):
        yield
        return

    def noting(number: int, frame: FrameType | None) -> None:
        note(number)
        handler(number, frame)

    signal.signal(number, noting)
    try:
        yield
    finally:
        signal.signal(number, handler)


def was_interrupted(error: BaseException) -> bool:
    """Whether a request to stop is among what the error came from."""
    seen: set[int] = set()
    under: list[BaseException | None] = [error]
    while under:
        one = under.pop()
        if one is None or id(one) in seen:
            continue
        if isinstance(one, (KeyboardInterrupt, dg.DagsterExecutionInterruptedError)):
            return True
        seen.add(id(one))
        under += [one.__cause__, one.__context__]
    return False

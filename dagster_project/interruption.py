"""A request to stop stays one, also when it arrives inside a library that catches everything.

Dagster raises its interruption wherever the code happens to be. Reading dbt's parsed project, for one, turns it into an
error about a field; a person who pressed Ctrl-C would then be shown that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg


@contextmanager
def interruption_kept() -> Iterator[None]:
    """Raises KeyboardInterrupt in place of an error under which a request to stop lies."""
    try:
        yield
    except Exception as error:
        if was_interrupted(error):
            raise KeyboardInterrupt from error
        raise


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

"""Exit statuses and how errors are told: one line on standard error, no traceback for what a person can act on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tieout.store.errors import BadArgument, NoSnapshot, TieoutError

DONE = 0
NOT_FINISHED = 1
BAD_ARGUMENTS = 2
FOUND_SEVERE = 3
INTERRUPTED = 130


@contextmanager
def told() -> Iterator[None]:
    """Runs a command; leaves with 2 for bad arguments, 1 for what could not finish, 130 when told to stop."""
    try:
        yield
    except (BadArgument, NoSnapshot) as error:
        leave(str(error), BAD_ARGUMENTS)
    except TieoutError as error:
        leave(str(error), NOT_FINISHED)
    except KeyboardInterrupt:
        leave("stopped; nothing was published", INTERRUPTED)
    except BrokenPipeError:  # `tieout discrepancies | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)


def leave(message: str, status: int) -> None:
    """Says it on standard error and ends the process."""
    print(f"tieout: {message}", file=sys.stderr)
    sys.exit(status)

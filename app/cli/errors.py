"""Exit statuses and how errors are told: one line on standard error, no traceback for what a person can act on."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable

from tieout.store.errors import BadArgument, NoSnapshot, TieoutError

DONE = 0
NOT_FINISHED = 1
BAD_ARGUMENTS = 2
FOUND_SEVERE = 3
INTERRUPTED = 130


class Stopped(Exception):
    """The command was told to stop; the message says what that leaves."""


def status_of(command: Callable[[], object]) -> int:
    """Runs a command and gives its exit status; says on standard error what a person can act on."""
    try:
        command()
    except (BadArgument, NoSnapshot) as error:
        message, status = str(error), BAD_ARGUMENTS
    except TieoutError as error:
        message, status = str(error), NOT_FINISHED
    except Stopped as error:
        message, status = str(error), INTERRUPTED
    except KeyboardInterrupt:
        message, status = "stopped", INTERRUPTED
    except BrokenPipeError:  # `tieout discrepancies | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:  # typer's way to say that it was told to stop
            print("tieout: stopped", file=sys.stderr)
        return leaving.code if isinstance(leaving.code, int) else DONE if leaving.code is None else NOT_FINISHED
    else:
        return DONE
    print(f"tieout: {message}", file=sys.stderr)
    return status


def leave(status: int) -> None:
    """Ends the process after the registered clean-up, but without tearing the interpreter down.

    DuckDB's binding prints a page about leaked references when the interpreter is torn down while a library (dbt,
    Great Expectations) still holds a connection in a global. Nobody at a terminal can do anything about that.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    atexit._run_exitfuncs()
    os._exit(status)

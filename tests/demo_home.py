"""The small demo that the fixture `demo_home` is made by, and how to show it again."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from tieout.store.home import Home

END = "2026-11-01T00:00:00Z"
SMALL = ("--customers", "60", "--months", "2", "--end", END)


@dataclass(frozen=True)
class Demo:
    """A home in which `tieout demo` was run, and what it wrote to standard output and standard error."""

    home: Home
    output: str
    progress: str


def heed_interrupts() -> None:
    """For `preexec_fn`: a process started from a shell's background would ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)

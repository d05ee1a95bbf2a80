"""Errors that a person can act on. The command line turns them into one line and an exit status."""

from __future__ import annotations


class TieoutError(Exception):
    """A run or a command could not finish; the message says why, naming the file, id or setting."""


class BadArgument(TieoutError):
    """What was asked for makes no sense: a missing folder, an unreadable instant, an as-of that goes back."""


class NoSnapshot(TieoutError):
    """The home has no published snapshot yet."""

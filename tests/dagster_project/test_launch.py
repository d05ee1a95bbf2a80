"""A run that is told to stop says so, and leaves the process able to be told to stop again."""

from __future__ import annotations

import contextlib
import signal

import dagster as dg
import pytest

from dagster_project.interruption import STOPPING, interruption_kept
from dagster_project.launch import signals_restored


def raised_while_handling(first: BaseException) -> Exception:
    """What a library raises that catches everything: its own error, with the request to stop only as its context."""
    try:
        try:
            raise first
        except BaseException:
            raise ValueError("a field cannot be read")  # noqa: B904  the library does not say from what
    except ValueError as error:
        return error


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), dg.DagsterExecutionInterruptedError()])
def test_a_request_to_stop_is_seen_under_another_error(stop: BaseException) -> None:
    with pytest.raises(KeyboardInterrupt), interruption_kept():
        raise raised_while_handling(stop)


def test_an_error_of_its_own_is_no_request_to_stop() -> None:
    with pytest.raises(ValueError, match="cannot be read"), interruption_kept():
        raise raised_while_handling(OSError("disk full"))


def forgets_it(number: signal.Signals) -> None:
    """What a library does that tries one type after the other."""
    with contextlib.suppress(BaseException):
        signal.raise_signal(number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_that_a_library_forgets_is_kept(number: signal.Signals) -> None:
    before = {one: signal.signal(one, signal.default_int_handler) for one in STOPPING}
    try:
        with pytest.raises(KeyboardInterrupt), interruption_kept():
            forgets_it(number)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruption_kept():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_signals_are_given_back_as_they_were() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with signals_restored():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGTERM) is before

"""One round of watching: look at the current snapshot, then deliver what waits, for each receiver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from tieout.notices.changes import Look, Seen, anomaly_subject, see_anomaly, see_discrepancy
from tieout.notices.outbox import Outbox
from tieout.notices.receivers import Receiver, Undelivered
from tieout.store.home import Home
from tieout.store.snapshots import Snapshot, open_snapshot

WAIT_SECONDS_MAX = 30.0

Held = Callable[[], AbstractContextManager[None]]
"""A context in which a request to stop waits: between a receiver's acknowledgement and its note in the outbox."""
OnWait = Callable[[str], None]


def look(home: Home, outbox: Outbox, receiver: str) -> int:
    """Puts what is news for the receiver into the outbox; a snapshot that was looked at has none. Returns how many.

    Raises:
        NoSnapshot: nothing has been published in this home.
    """
    with open_snapshot(home) as snapshot:
        last = outbox.last_look(receiver)
        if last == snapshot.run_id:
            return 0
        here = Look(snapshot.run_id, snapshot.as_of.replace(tzinfo=None), is_first=last is None)
        return outbox.keep(receiver, snapshot.run_id, _seen(snapshot, outbox.told(receiver), here))


def _seen(snapshot: Snapshot, told: dict[str, str], here: Look) -> Iterator[Seen]:
    """The costliest finding first, then anomalies by day."""
    tables = snapshot.tables()
    if "discrepancies" in tables:
        for row in snapshot.rows(
            "select * exclude (evidence) from marts.discrepancies "
            "order by abs(impact_minor) desc nulls last, discrepancy_id"
        ):
            if seen := see_discrepancy(row, told.get(f"discrepancy {row['discrepancy_id']}"), here):
                yield seen
    if "anomalies" in tables:
        for row in snapshot.rows("select * from marts.anomalies order by day, explanation"):
            if seen := see_anomaly(row, told.get(anomaly_subject(row)), here):
                yield seen


def deliver(
    outbox: Outbox, receiver: Receiver, attempts: int, held: Held = nullcontext, on_wait: OnWait = lambda words: None
) -> int:
    """Delivers what waits for the receiver, oldest first, each tried again while that may help. Returns how many.

    Raises:
        Undelivered: the receiver did not take one; that one and those after it wait.
    """

    def before_sleep(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        seconds = state.next_action.sleep if state.next_action is not None else 0.0
        on_wait(f"{receiver.name}: {error}; tried again in {seconds:.1f} s")

    count = 0
    while (waiting := outbox.next(receiver.name)) is not None:
        patiently = Retrying(
            stop=stop_after_attempt(attempts),
            retry=retry_if_exception(lambda error: isinstance(error, Undelivered) and error.is_passing),
            wait=_wait,
            before_sleep=before_sleep,
            reraise=True,
        )
        for attempt in patiently:
            with attempt, held():
                receiver.send(waiting)
                outbox.acknowledged(waiting.position)
        count += 1
    return count


_backoff = wait_random_exponential(multiplier=0.5, max=WAIT_SECONDS_MAX)


def _wait(state: RetryCallState) -> float:
    """What the receiver asks for, else longer each time, at random, so that many watchers do not come at once."""
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.retry_after if isinstance(error, Undelivered) else None
    return float(_backoff(state)) if asked is None else asked

"""`tieout watch`: what is new, changed or resolved since the last time, as JSON lines and to a webhook."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import Stopped
from app.cli.options import HomeOption, home_of
from app.cli.stopping import Stop
from tieout.store.config import load_config
from tieout.store.errors import NoSnapshot, TieoutError
from tieout.store.snapshots import current_snapshot_path

if TYPE_CHECKING:
    from tieout.notices.outbox import Outbox
    from tieout.notices.receivers import Receiver
    from tieout.store.home import Home


def watch(
    home: HomeOption = None,
    follow: Annotated[
        bool, typer.Option("--follow/--once", help="Goes on with every new snapshot, or tells what is new and ends.")
    ] = False,
    interval: Annotated[
        float, typer.Option("--interval", min=0.1, help="Seconds from one look to the next, with --follow.")
    ] = 60.0,
) -> None:
    """Tells findings that are new, changed or resolved, and new anomalies: each once, over restarts.

    JSON lines on standard output; and, when TIEOUT_WEBHOOK_URL is set, messages in Slack's format to that address.
    """
    where = home_of(home)
    stop = Stop()
    stop.listen()
    receivers = _receivers()
    if not follow:
        current_snapshot_path(where)  # without one there is nothing to tell, and no outbox to make
    from tieout.notices.outbox import open_outbox

    try:
        with open_outbox(where) as outbox:
            problems = _round(where, outbox, receivers, stop, follow)
            while follow:
                for problem in problems:
                    typer.echo(f"tieout: {problem}", err=True)
                time.sleep(interval)
                problems = _round(where, outbox, receivers, stop, follow)
    except KeyboardInterrupt:
        if follow:
            return
        raise Stopped("stopped; what was not delivered waits for the next watch") from None
    if problems:
        raise TieoutError("; ".join(problems))


def _receivers() -> list[Receiver]:
    from tieout.notices.receivers import JsonLines, Webhook

    config = load_config()
    found: list[Receiver] = [JsonLines(sys.stdout.buffer)]
    if config.webhook_url is not None and config.webhook_url.get_secret_value():
        found.append(Webhook(config.webhook_url.get_secret_value(), config.webhook_timeout_seconds))
    return found


def _round(home: Home, outbox: Outbox, receivers: list[Receiver], stop: Stop, is_patient: bool) -> list[str]:
    """Looks and delivers for each receiver. Returns what did not get through, in words; it waits in the outbox."""
    from tieout.notices.receivers import Undelivered
    from tieout.notices.watch import deliver, look

    problems = []
    attempts = load_config().webhook_attempts
    for receiver in receivers:
        try:
            look(home, outbox, receiver.name)
        except NoSnapshot:
            if not is_patient:
                raise
            continue
        try:
            deliver(outbox, receiver, attempts, stop.held, lambda words: typer.echo(words, err=True))
        except Undelivered as error:
            count = outbox.waiting(receiver.name)
            notices = "notice waits" if count == 1 else "notices wait"
            problems.append(f"{receiver.name}: {error}; {count:,} {notices} for the next watch")
    return problems


__all__ = ["watch"]

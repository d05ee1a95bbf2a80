"""The way in to Stripe over HTTP: :func:`sync` brings a landing area up to date with an account.

Reads only. Resumable anywhere: what was read is kept in ``HOME/sync/state.sqlite`` and ``LANDING/.sync``, and files
show up under ``LANDING/stripe/sync`` all together when a sync has read everything.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from tieout.sources.sync.api import StripeApi, key_from_environment, livemode_of_key
from tieout.sources.sync.errors import SyncError, SyncRefused
from tieout.sources.sync.lander import mode_name
from tieout.sources.sync.pull import Cycle
from tieout.sources.sync.report import Progress, Silent, SyncReport
from tieout.sources.sync.settings import SyncSettings
from tieout.sources.sync.spool import Spool
from tieout.sources.sync.state import SyncState
from tieout.sources.sync.types import kind_in_words

__all__ = ["Progress", "Silent", "SyncError", "SyncRefused", "SyncReport", "SyncSettings", "kind_in_words", "sync"]


def sync(landing: Path, home: Path, settings: SyncSettings, progress: Progress | None = None) -> SyncReport:
    """Reads what is new, changed or open in the account of ``STRIPE_API_KEY`` into ``landing``.

    Raises SyncRefused when it must not start or go on (no key, refused key, other mode, other landing area, another
    sync at work), SyncError when it could not finish; the next call goes on where this one stopped.
    """
    progress = progress or Silent()
    key = key_from_environment()
    api = StripeApi(key, settings, progress.wait)
    folder = home / "sync"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "lock", timeout=0):
            state = SyncState(folder / "state.sqlite")
            try:
                return _sync(landing, home, key, api, state, settings, progress)
            finally:
                state.close()
    except Timeout:
        raise SyncRefused(f"another sync is at work in {home}; wait for it to end") from None


def _sync(
    landing: Path,
    home: Path,
    key: str,
    api: StripeApi,
    state: SyncState,
    settings: SyncSettings,
    progress: Progress,
) -> SyncReport:
    _check_place(landing, home, state)
    _check_mode(key, home, state)
    report = SyncReport(is_resumed=state.get("cycle") is not None)
    if report.is_resumed:
        progress.note("The last sync was interrupted: going on where it stopped.")
    # A cycle that was interrupted is finished first; what happened meanwhile is then read by a second, short one.
    for _ in range(2 if report.is_resumed else 1):
        report.forbidden.clear()
        report.failed.clear()
        _cycle(landing, api, state, settings, progress, report)
    report.requests, report.retries = api.requests, api.retries
    return report


def _cycle(
    landing: Path,
    api: StripeApi,
    state: SyncState,
    settings: SyncSettings,
    progress: Progress,
    report: SyncReport,
) -> None:
    stamp = state.get("cycle_stamp")
    if state.get("cycle") is None or stamp is None:
        began = datetime.fromtimestamp(settings.now(), UTC).strftime("%Y%m%dT%H%M%SZ")
        stamp = f"{began}-{secrets.token_hex(3)}"  # two homes may share a landing area
        with state.step():
            state.put("cycle", str(int(state.get("last_cycle") or 0) + 1))
            state.put("cycle_stamp", stamp)
    number = int(state.get("cycle") or 0)
    spool = Spool(landing, state, settings.part_bytes_max)
    spool.resume()
    Cycle(api, state, spool, settings, progress, report, number, stamp).run()
    with state.step():
        state.put("last_cycle", str(number))
        for name in ("cycle", "cycle_stamp", "cycle_is_full", "cycle_events_read"):
            state.drop(name)


def _check_place(landing: Path, home: Path, state: SyncState) -> None:
    """A home remembers what it has landed where: with another landing area it would leave out what is not there."""
    place = str(landing.resolve())
    known = state.get("landing")
    if known is None:
        with state.step():
            state.put("landing", place)
    elif known != place:
        raise SyncRefused(
            f"this home syncs into {known}, not {place}: use another --home, or remove {home / 'sync'} to read "
            "everything anew (what is landed twice counts once)"
        )


def _check_mode(key: str, home: Path, state: SyncState) -> None:
    """Refuses a key of the other mode before the first call, where the key's form tells its mode."""
    known = state.get("livemode")
    holds = None if known is None else bool(json.loads(known))
    if holds is None:
        try:
            published = json.loads((home / "CURRENT").read_text()).get("livemode")
        except (OSError, ValueError, AttributeError):
            published = None
        holds = published if isinstance(published, bool) else None
        if holds is not None:
            with state.step():
                state.put("livemode", json.dumps(holds))
    of_key = livemode_of_key(key)
    if holds is not None and of_key is not None and holds != of_key:
        raise SyncRefused(
            f"the key is for {mode_name(of_key)}, and this home holds {mode_name(holds)}: "
            "test and live data are never mixed in one home; use another --home and --landing"
        )

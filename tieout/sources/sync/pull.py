"""One cycle of a sync: list every type, read again what is open or was named by an event, follow up, publish.

What is read again is chosen by cost: a list has no filter for "these ids", so the window is moved back as far as that
saves calls, and what is older is fetched object by object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from tieout.sources.sync.api import StripeApi
from tieout.sources.sync.errors import ForbiddenError, MissingError, RejectedError, SyncError, SyncRefused
from tieout.sources.sync.fetch import Fetched, fetch, id_in
from tieout.sources.sync.lander import Lander, created_of
from tieout.sources.sync.report import Progress, SyncReport
from tieout.sources.sync.settings import EVENT_REACH_SECONDS, METER_REACH_SECONDS, PAGE_SIZE, SyncSettings
from tieout.sources.sync.spool import Spool
from tieout.sources.sync.state import Listing, SyncState
from tieout.sources.sync.types import BY_OBJECT, FOLLOW_UPS, LISTED_TYPES, ListedType
from tieout.sources.sync.windows import meter_windows


def _chunks(keys: Sequence[str], size: int) -> Iterator[list[str]]:
    rest = iter(keys)
    while chunk := list(islice(rest, size)):
        yield chunk


def cheapest_window(base: int | None, wanted: Sequence[tuple[str, int | None]], counts: Sequence[int]) -> int | None:
    """Where a list should start so that the fewest calls read everything from ``base`` on and all ``wanted`` objects.

    ``wanted``: (id, created), newest first, all created before ``base``. ``counts[i]``: known objects between the
    i-th wanted one (included) and the one before it (or ``base``). A page holds 100 objects, a single fetch one.
    """
    best_start, best_calls, listed = base, float(len(wanted)), 0
    for index, ((_, created), count) in enumerate(zip(wanted, counts, strict=True)):
        if created is None:
            continue
        listed += count
        calls = -(-listed // PAGE_SIZE) + len(wanted) - index - 1
        if calls < best_calls:
            best_start, best_calls = created, calls
    return best_start


class Cycle:
    """A cycle of one home. ``number`` tells it from others in the state; ``now`` is in Unix seconds."""

    def __init__(
        self,
        api: StripeApi,
        state: SyncState,
        spool: Spool,
        settings: SyncSettings,
        progress: Progress,
        report: SyncReport,
        number: int,
        stamp: str,
    ) -> None:
        self._api = api
        self._state = state
        self._spool = spool
        self._settings = settings
        self._progress = progress
        self._report = report
        self._number = number
        self._now = settings.now()
        self._lander = Lander(state, spool, report, number, stamp)
        self._is_full = settings.is_full or state.get("cycle_is_full") is not None

    def run(self) -> None:
        """Reads everything and publishes it. Raises SyncError; what was read until then is kept for the next call."""
        for listed in LISTED_TYPES:
            for kind in listed.drain_before:
                self._drain(kind)
            self._list(listed)
            self._read_again(listed)
        if all(listed.object in self._report.forbidden for listed in LISTED_TYPES):
            raise SyncRefused("the key may not read anything that is wanted here: " + self._report.forbidden["invoice"])
        self._settle_prices()
        self._settle_grants()
        windows = self._due_windows()
        kinds = ("named_price", "lines", "balance", "credits")
        plan = {kind: len(self._state.follow_ups(kind, self._now)) for kind in kinds} | {"summary": len(windows)}
        self._progress.plan({kind: calls for kind, calls in plan.items() if calls})
        for kind in kinds:
            self._drain(kind)
        self._fetch_all("summary", windows)
        self._report.files += self._spool.publish()

    # -- lists
    def _list(self, listed: ListedType) -> None:
        listing = self._state.listing(listed.object)
        if listing is None or listing.cycle != self._number:
            listing = self._new_listing(listed, listing)
        restarts_left = 3
        while not listing.is_done:
            params: dict[str, Any] = {**listed.variants[listing.variant]}
            if listed.expand:
                params["expand"] = [f"data.{path}" for path in listed.expand]
            if listing.since is not None:
                params["created"] = {"gte": listing.since}
            if listing.cursor is not None:
                params["starting_after"] = listing.cursor
            try:
                texts, has_more = self._api.page(listed.path, params)
            except ForbiddenError as error:
                self._forbid(listed.object, listed.permission, error)
                return
            except (MissingError, RejectedError) as error:
                if listing.cursor is None or not restarts_left:
                    self._fail(listed.object, error)
                    return
                restarts_left -= 1
                # The object the cursor stands on was deleted meanwhile: from the top; nothing is landed twice.
                listing = replace(listing, cursor=None)
                continue
            listing = self._take_page(listed, listing, texts, has_more)
        if listed.object == "event" and self._state.get("cycle_events_read") != str(self._number):
            with self._state.step():
                self._state.put("events_read_at", str(self._now))
                self._state.put("cycle_events_read", str(self._number))

    def _new_listing(self, listed: ListedType, before: Listing | None) -> Listing:
        since = None
        if listed.object == "event":
            self._check_event_gap()
        if before is not None and before.is_read and before.newest is not None and not self._is_full:
            # A listing that was broken off knows the newest object, but not all that are older.
            since = before.newest - self._settings.overlap_seconds if before.is_done else before.since
        if not listed.has_created_filter:
            since = None
        elif since is not None and listed.object != "event":
            wanted = [(i, at) for i, at in self._wanted(listed) if at is not None and at < since]
            counts, upper = [], since
            for _, at in wanted:
                counts.append(self._state.count_created(listed.object, at or 0, upper))
                upper = at or 0
            since = cheapest_window(since, wanted, counts)
        listing = Listing(
            listed.object,
            self._number,
            since,
            newest=before.newest if before else None,
            is_read=before.is_read if before else False,
        )
        with self._state.step():
            self._state.save_listing(listing)
        return listing

    def _take_page(self, listed: ListedType, listing: Listing, texts: list[str], has_more: bool) -> Listing:
        self._lander.check_mode(texts)
        instants = [at for at in (created_of(json.loads(text)) for text in texts) if at is not None]
        newest = max([*instants, *([listing.newest] if listing.newest is not None else [])], default=None)
        listing = replace(listing, newest=newest, cursor=id_in(texts[-1]) if texts else listing.cursor)
        is_last = not has_more or not texts
        if is_last and listing.variant + 1 < len(listed.variants):
            listing = replace(listing, variant=listing.variant + 1, cursor=None)
        elif is_last:
            listing = replace(listing, cursor=None, is_done=True, is_read=True)
        with self._state.step():
            read, landed = self._lander.land(texts)
            self._state.save_listing(listing)
        self._progress.read(listed.object, read, landed)
        return listing

    def _check_event_gap(self) -> None:
        """Events reach back 30 days: what fell out of reach since the last sync can only be seen by reading all."""
        last = self._state.get("events_read_at")
        if last is None:
            self._note("Stripe keeps events for 30 days: what happened before is known from the objects alone.")
        elif self._now - int(last) > EVENT_REACH_SECONDS:
            day = datetime.fromtimestamp(int(last), UTC).date()
            self._note(
                f"The last sync was on {day}, more than 30 days ago: the events between are lost for good, so every "
                "object is read again. Their present state will be right; the history in that gap stays unknown."
            )
            self._be_full()

    def _be_full(self) -> None:
        self._is_full = True
        with self._state.step():
            self._state.put("cycle_is_full", "1")

    # -- open objects, and those that events have named
    def _wanted(self, listed: ListedType) -> list[tuple[str, int | None]]:
        """(id, created) of objects to be read again and not yet read in this cycle, newest first."""
        wanted = dict(self._state.open_objects(listed.object, self._number))
        for key in self._named(listed):
            object_id = key.split("|", 1)[1]
            seen = self._state.seen(listed.object, object_id)
            if seen is None or seen.cycle != self._number:
                wanted[object_id] = seen.created if seen else None
        return sorted(wanted.items(), key=lambda row: (-(row[1] or 0), row[0]))

    def _named(self, listed: ListedType) -> list[str]:
        keys = self._state.follow_ups("object", self._now)
        return [key for key in keys if key.split("|", 1)[0] == listed.object]

    def _read_again(self, listed: ListedType) -> None:
        if listed.object not in self._report.forbidden and listed.object not in self._report.failed:
            self._fetch_all("object", [f"{listed.object}|{object_id}" for object_id, _ in self._wanted(listed)])
        with self._state.step():
            for key in self._named(listed):
                self._state.drop_follow_up("object", key)

    # -- follow-ups
    def _drain(self, kind: str) -> None:
        self._fetch_all(kind, self._state.follow_ups(kind, self._now))

    def _settle_prices(self) -> None:
        """A price that a line names is looked up only when no list has had it."""
        named = self._state.follow_ups("named_price", self._now)
        self._drop("named_price", {key for key in named if self._state.seen("price", key)})

    def _settle_grants(self) -> None:
        """Transactions of a grant are listed by its customer."""
        keys = self._state.follow_ups("grant", self._now)
        grants = [self._state.seen("billing.credit_grant", key) for key in keys]
        with self._state.step():
            self._state.add_follow_ups(("credits", grant.note, 0) for grant in grants if grant and grant.note)
        self._drop("grant", set(keys))

    def _drop(self, kind: str, keys: set[str]) -> None:
        with self._state.step():
            for key in keys:
                self._state.drop_follow_up(kind, key)

    def _due_windows(self) -> list[str]:
        """Meter windows to be read: never read, or read while more usage could still come, and not just now."""
        settings, since = self._settings, self._settings.summaries_since
        earliest = int(since.timestamp()) if since else 0
        due: dict[str, None] = {}
        for customer, meter, unit, count, started, anchor, ended in self._state.metered_spans():
            for start, end in meter_windows(
                started, anchor, ended, unit, count, self._now, settings.summary_lag_seconds
            ):
                read_at = self._state.window_read_at(customer, meter, start, end)
                is_stale = read_at is not None and (
                    read_at < end + METER_REACH_SECONDS and self._now - read_at >= settings.summary_refresh_seconds
                )
                if end > earliest and (read_at is None or is_stale):
                    due[f"{customer}|{meter}|{start}|{end}"] = None
        return list(due)

    def _fetch_all(self, kind: str, keys: Sequence[str]) -> None:
        """Reads follow-ups in a few threads; answers are taken in order, each in one transaction."""
        left = len(keys)
        if not left:
            return
        with ThreadPoolExecutor(self._settings.workers) as pool:
            for chunk in _chunks(keys, self._settings.workers * 4):
                for fetched in pool.map(lambda key: fetch(self._api, kind, key), chunk):
                    left -= 1
                    if fetched.is_forbidden:
                        self._forbid_follow_up(fetched)
                        return
                    if fetched.is_rejected:
                        self._fail(FOLLOW_UPS[kind][0], fetched.error)
                        continue
                    self._take(fetched, left)

    def _take(self, fetched: Fetched, left: int) -> None:
        kind, key = fetched.kind, fetched.key
        self._lander.check_mode(fetched.texts)
        is_whole = kind != "payout" or self._is_payout_whole(key, fetched.texts)
        with self._state.step():
            read, landed = 0, 0
            if is_whole:
                read, landed = self._lander.land(
                    fetched.texts,
                    customer=key.split("|")[0] if kind == "summary" else None,
                    payout=key if kind == "payout" else None,
                )
            if kind == "summary":
                customer, meter, started, ended = key.split("|")
                self._state.save_window(customer, meter, int(started), int(ended), self._now)
            if kind == "object" and fetched.is_missing:
                self._close(*key.split("|", 1))
            if is_whole:
                self._state.drop_follow_up(kind, key)
        what = key.split("|", 1)[0] if kind == "object" else kind
        self._progress.read(what, read, landed, left)

    def _is_payout_whole(self, payout: str, texts: Sequence[str]) -> bool:
        """Whether the transactions may be said to be this payout's: Stripe says so, or they add up to it already."""
        seen = self._state.seen("payout", payout)
        if seen is None or seen.note is None:
            return True
        transactions = [json.loads(text) for text in texts]
        members = [txn for txn in transactions if txn.get("type") not in ("payout", "payout_cancel", "payout_failure")]
        return bool(members) and sum(int(txn["net"]) for txn in members) == int(seen.note)

    def _close(self, kind: str, object_id: str) -> None:
        """An object that is gone (a deleted draft, a deleted invoice item) is not asked for again."""
        seen = self._state.seen(kind, object_id)
        if seen is not None:
            self._state.save_seen(kind, object_id, replace(seen, is_open=False, cycle=self._number))

    # -- what the key may not read
    def _forbid(self, what: str, permission: str, error: ForbiddenError) -> None:
        self._report.forbidden[what] = f"the key lacks “{permission}”. Stripe says: {error}"
        self._note(f"Cannot read {what}: {self._report.forbidden[what]}")
        self._do_without(what)

    def _forbid_follow_up(self, fetched: Fetched) -> None:
        words, permission = FOLLOW_UPS[fetched.kind]
        kind = fetched.key.split("|", 1)[0] if fetched.kind == "object" else fetched.kind
        error = fetched.error if isinstance(fetched.error, ForbiddenError) else ForbiddenError("")
        if fetched.kind == "object":
            words, permission = kind, BY_OBJECT[kind].permission
        self._forbid(words, permission, error)

    def _fail(self, what: str, error: SyncError | None) -> None:
        if what not in self._report.failed:
            self._report.failed[what] = str(error)
            self._note(f"Could not read {what}: {error}")
            self._do_without(what)

    def _do_without(self, what: str) -> None:
        if what == "event":
            self._note("Without events, changes to settled objects show only by reading every object again: doing so.")
            self._be_full()

    def _note(self, text: str) -> None:
        self._report.notes.append(text)
        self._progress.note(text)

"""From answers to landed lines: skips what has not changed, adds the two keys that the API answers only as a filter.

Everything here happens inside one transaction of the state, together with the cursor that the answer moves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from tieout.sources.sync.errors import SyncError, SyncRefused
from tieout.sources.sync.follow import follow_ups, id_of, metered_items, subscription_span
from tieout.sources.sync.jsontext import content_hash, with_key
from tieout.sources.sync.report import SyncReport
from tieout.sources.sync.spool import Spool
from tieout.sources.sync.state import Seen, SyncState
from tieout.sources.sync.types import BY_OBJECT, Json, payout_is_settled


def mode_name(is_livemode: bool) -> str:
    return "live mode" if is_livemode else "test mode"


def created_of(obj: Json) -> int | None:
    """When the object came to be, in Unix seconds (an invoice item calls it ``date``)."""
    for field in ("created", "date", "start_time"):
        if isinstance(obj.get(field), int):
            return int(obj[field])
    return None


def _seen_id(obj: Json) -> str:
    """What identifies the object; a meter summary is its window, for its id is not promised to last."""
    if obj.get("object") == "billing.meter_event_summary":
        return "|".join(str(obj.get(key)) for key in ("customer", "meter", "start_time", "end_time"))
    return str(obj.get("id"))


class Lander:
    """Lands objects of one cycle. ``stamp`` names the cycle in file names."""

    def __init__(self, state: SyncState, spool: Spool, report: SyncReport, cycle: int, stamp: str) -> None:
        self._state = state
        self._spool = spool
        self._report = report
        self._cycle = cycle
        self._stamp = stamp

    def check_mode(self, texts: Sequence[str]) -> None:
        """Refuses objects of the other mode before any of them is landed (and learns the mode from the first)."""
        for text in texts:
            livemode = json.loads(text).get("livemode")
            if not isinstance(livemode, bool):
                continue
            known = self._state.get("livemode")
            if known is None:
                with self._state.step():
                    self._state.put("livemode", json.dumps(livemode))
            elif json.loads(known) != livemode:
                raise SyncRefused(
                    f"the key reads {mode_name(livemode)}, and this home holds {mode_name(not livemode)}: "
                    "test and live data are never mixed in one home; use another --home and --landing"
                )

    def land(self, texts: Sequence[str], *, customer: str | None = None, payout: str | None = None) -> tuple[int, int]:
        """Lands what is new or changed; gives (read, landed) and the report its counts.

        ``customer``: whose meter summaries these are. ``payout``: which payout's own list these transactions are of.
        Must be called inside ``state.step()``.
        """
        lines: dict[str, list[str]] = {}
        created: dict[str, list[int]] = {}
        for text in texts:
            obj = json.loads(text)
            kind = obj.get("object")
            if not isinstance(kind, str) or not isinstance(obj.get("id"), str):
                raise SyncError("Stripe's list holds something that has no object or id")
            self._report.read[kind] += 1
            text, obj = self._with_added_key(text, obj, customer, payout)
            if self._remember(obj):
                self._report.landed[kind] += 1
                lines.setdefault(kind, []).append(text)
                at = created_of(obj)
                created.setdefault(kind, []).extend([] if at is None else [at])
        for kind, texts_of_kind in lines.items():
            self._spool.add(self._stamp, kind, texts_of_kind, created[kind])
        return len(texts), sum(map(len, lines.values()))

    def _with_added_key(self, text: str, obj: Json, customer: str | None, payout: str | None) -> tuple[str, Json]:
        if obj["object"] == "billing.meter_event_summary" and "customer" not in obj and customer is not None:
            return with_key(text, "customer", customer), {**obj, "customer": customer}
        if obj["object"] == "balance_transaction" and "payout" not in obj:
            seen = self._state.seen("balance_transaction", str(obj["id"]))
            paid_out = payout or (seen.note if seen else None)
            return with_key(text, "payout", paid_out), {**obj, "payout": paid_out}
        return text, obj

    def _remember(self, obj: Json) -> bool:
        """Notes the object as read in this cycle; True when it is new or not what it was."""
        kind, object_id = str(obj["object"]), _seen_id(obj)
        before = self._state.seen(kind, object_id)
        listed = BY_OBJECT.get(kind)
        now = Seen(
            hash=content_hash(obj),
            created=created_of(obj) if created_of(obj) is not None or before is None else before.created,
            is_open=listed is not None and not obj.get("deleted") and listed.is_open(obj),
            cycle=self._cycle,
            note=_note(obj),
        )
        if now != before:
            self._state.save_seen(kind, object_id, now)
        if before is not None and before.hash == now.hash:
            return False
        # A changed event is only delivered again: what it told has been followed when it came first.
        if kind != "event" or before is None:
            self._follow(obj)
        return True

    def _follow(self, obj: Json) -> None:
        self._state.add_follow_ups(follow_ups(obj))
        data = obj.get("data")
        inner = data.get("object") if obj["object"] == "event" and isinstance(data, dict) else obj
        if not isinstance(inner, dict) or inner.get("object") != "subscription":
            return
        customer, subscription = id_of(inner.get("customer")), id_of(inner)
        span = subscription_span(inner)
        if customer and subscription and span:
            self._state.save_metered(subscription, customer, metered_items(inner))
            # The listed object is the present one, an event may be an old one: it only fills a gap.
            if inner is obj or not self._state.has_span(subscription):
                self._state.save_span(subscription, *span)


def _note(obj: Json) -> str | None:
    """What later reading needs to know of an object (see ``state.Seen``)."""
    match obj["object"]:
        case "balance_transaction":
            return id_of(obj.get("payout"))
        case "billing.credit_grant":
            return id_of(obj.get("customer"))
        case "payout":
            return None if payout_is_settled(obj) else str(obj.get("amount"))
    return None

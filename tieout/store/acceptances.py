"""Lands what people decide about a finding: that it is known and accepted for now, or no longer.

A decision is one more immutable file in `acceptances/` of the landing area (contract 1.4), so nothing is ever lost and
a later decision takes an earlier one back. The run reads it like every landed file.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tieout.store.errors import BadArgument
from tieout.store.files import replace_text
from tieout.store.home import Home
from tieout.store.snapshots import open_snapshot

FOLDER: Final = "acceptances"
TEXT_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided what about which finding. `until` None: for good. `is_revoked`: it is open again."""

    discrepancy_id: str
    reason: str
    by: str
    until: datetime | None = None
    is_revoked: bool = False


def land_decision(home: Home, landing: Path, decision: Decision) -> Path:
    """Writes the decision as a new file, whole or not at all, and returns its path.

    Raises:
        BadArgument: the finding is not in the home's current snapshot, a text is empty or overlong, the landing area is
            not there, or the acceptance has run out before it begins.
        NoSnapshot: nothing has been published in this home.
    """
    _check_texts(decision)
    if not landing.is_dir():
        raise BadArgument(f"landing area {landing} is not a directory")
    with open_snapshot(home) as snapshot:
        known = snapshot.rows(
            "select status from marts.discrepancies where discrepancy_id = ?", [decision.discrepancy_id]
        )
        if not known:
            raise BadArgument(f"there is no discrepancy {decision.discrepancy_id} in {snapshot.path}")
        if decision.until is not None and decision.until <= snapshot.as_of.astimezone(UTC):
            raise BadArgument(
                f"until {_rfc3339(decision.until)} is not after the last run's instant {_rfc3339(snapshot.as_of)}"
            )
    at = datetime.now(UTC)
    path = landing / FOLDER / _file_name(decision.discrepancy_id, at)
    path.parent.mkdir(exist_ok=True)
    record = {
        "discrepancy_id": decision.discrepancy_id,
        "reason": decision.reason,
        "by": decision.by,
        "at": _rfc3339(at),
        "until": None if decision.until is None else _rfc3339(decision.until),
        "revoked": decision.is_revoked,
    }
    replace_text(path, json.dumps(record, ensure_ascii=False) + "\n")
    return path


def _check_texts(decision: Decision) -> None:
    for name, text in (("reason", decision.reason), ("by", decision.by)):
        if not text.strip():
            raise BadArgument(f"{name} is empty; say it in words")
        if len(text) > TEXT_MAX:
            raise BadArgument(f"{name} has {len(text):,} characters; allowed: {TEXT_MAX:,}")
    if decision.is_revoked and decision.until is not None:
        raise BadArgument("what is revoked has no until")


def _file_name(discrepancy_id: str, at: datetime) -> str:
    """A name of its own also for two decisions of one instant; an id may hold any character."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "-", discrepancy_id)[:80]
    return f"{at:%Y%m%dT%H%M%S%fZ}-{safe}-{secrets.token_hex(4)}.jsonl"


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")

"""What is worth a notice: findings that are new, changed, resolved, accepted or open again, and new anomalies. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from tieout.core.plain import plain

Row = Mapping[str, Any]

#: What makes a finding a changed one. Its words and evidence do not: they follow names and releases.
COMPARED: Final = ("status", "severity", "stage", "currency", "expected_minor", "actual_minor", "impact_minor")
#: What a notice carries of a finding, where the snapshot has it.
TOLD: Final = (
    "discrepancy_id", "kind", "category", "customer_id", "subscription_id", "invoice_id", "price_id", "meter",
    "object_id", "period_start", *COMPARED, "first_seen_at", "last_seen_at", "explanation", "remedy",
)  # fmt: skip
#: At the first look, older anomalies are history: nobody acts on last month's spike.
ANOMALY_DAYS_AT_FIRST: Final = 7
RETURNED: Final = {"open": "reopened", "accepted": "accepted", "resolved": "resolved"}


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a snapshot: its run, its as-of instant (naive UTC), and whether it is the receiver's first."""

    run_id: str
    as_of: datetime
    is_first: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look saw of one finding or anomaly: what it is remembered by, and the notice, or None for no news."""

    subject: str
    content: str
    notice: dict[str, Any] | None


def see_discrepancy(row: Row, told: str | None, look: Look) -> Seen | None:
    """Compares a row of `discrepancies` with what was told of it; None when nothing is new.

    At the first look only what is open is news. Later on, what came and went between two looks is told as it is now.
    """
    now = {name: row[name] for name in COMPARED}
    before: dict[str, Any] | None = None if told is None else json.loads(told)
    if before == now:
        return None
    if before is None:
        change = "new" if row["status"] == "open" else None if look.is_first else RETURNED[row["status"]]
    else:
        change = RETURNED[row["status"]] if before["status"] != row["status"] else "changed"
    notice = None
    if change is not None:
        notice = _notice("discrepancy", row["discrepancy_id"], change, look)
        notice |= {name: plain(row[name]) for name in TOLD if name in row}
        if before is not None:
            notice["before"] = {name: value for name, value in before.items() if value != now[name]}
    return Seen(f"discrepancy {row['discrepancy_id']}", json.dumps(now), notice)


def see_anomaly(row: Row, told: str | None, look: Look) -> Seen | None:
    """A row of `anomalies` is told once, whatever becomes of its figures; None when it has been told."""
    if told is not None:
        return None
    notice = None
    if not look.is_first or _day(row["day"]) > (look.as_of - timedelta(days=ANOMALY_DAYS_AT_FIRST)).date():
        notice = _notice("anomaly", row["anomaly_id"], "new", look) | {
            name: plain(value) for name, value in row.items()
        }
    return Seen(anomaly_subject(row), "told", notice)


def anomaly_subject(row: Row) -> str:
    """What an anomaly is remembered by."""
    return f"anomaly {row['anomaly_id']}"


def _notice(about: str, identity: str, change: str, look: Look) -> dict[str, Any]:
    """The head of a notice. Its id is the same whenever the same look is taken again."""
    key = hashlib.sha256(f"{about} {identity} {change} {look.run_id}".encode()).hexdigest()[:32]
    return {
        "message_id": f"msg_{key}",
        "about": about,
        "change": change,
        "run_id": look.run_id,
        "as_of": plain(look.as_of),
    }


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value

"""Closing and reopening a month: what must hold before, and the record that lands.

A closing is a line below ``closes/`` like any other thing that people decide: the next run reads it, and a ledger that
is built anew keeps it. From then on what comes late for the month, or for one before it, is posted in the first open
period.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from tieout.core.money import format_money
from tieout.sources.landing import unread
from tieout.store.errors import BadArgument
from tieout.store.files import replace_text
from tieout.store.heads import head_path
from tieout.store.home import Home, rfc3339
from tieout.store.snapshots import Snapshot

LISTED_MAX: Final = 20

CRITICAL = """
    select discrepancy_id, kind, coalesce(customer_id, '') as customer_id from marts.discrepancies
    where status = 'open' and severity = 'critical' order by all
"""

# A customer's difference (a document's, where the account has no customers) is explained by a finding that names it or
# its account, the account's own by its parts. That an account differs without a reason explains it once accepted.
UNEXPLAINED = """
    with differing as (
        select * from marts.tie_outs where difference_minor <> 0
    ),
    findings as (
        select unnest([customer_id, invoice_id, object_id]) as scope from marts.discrepancies
        where status = 'accepted' or (status = 'open' and kind <> 'tie_out_break')
    ),
    parts as (
        select differing.* from differing
        where scope_type = 'customer' or (
            scope_type = 'document'
            and account not in (select account from marts.tie_outs where scope_type = 'customer')
        )
    ),
    parts_explained as (
        select account, currency, sum(difference_minor) as explained_minor
        from parts where scope in (select scope from findings where scope is not null) group by all
    )
    select account, scope, currency, difference_minor from parts
    where not exists (from findings where findings.scope in (parts.scope, parts.account))
    union
    select object_id, 'all', currency, expected_minor - actual_minor from marts.discrepancies
    where status = 'open' and kind = 'tie_out_break'
    union
    select differing.account, differing.scope, differing.currency, differing.difference_minor
    from differing left join parts_explained using (account, currency)
    where
        scope_type = 'all'
        and difference_minor <> coalesce(explained_minor, 0)
        and account not in (select account from parts)
        and account not in (select scope from findings where scope is not null)
    order by all
"""


def month_start(text: str) -> date:
    """The first day of a month like `2026-09`.

    Raises:
        BadArgument: the text is no month.
    """
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text) or text < "1970":
        raise BadArgument(f"{text!r} is not a month such as 2026-09")
    return date(int(text[:4]), int(text[5:]), 1)


def obstacles(home: Home, snapshot: Snapshot, landing: Path, month: str) -> list[str]:
    """What stands against closing the month, a line each; empty when it may be closed."""
    start = month_start(month)
    end = datetime(start.year + start.month // 12, start.month % 12 + 1, 1, tzinfo=UTC)
    found = []
    if _is_closed(snapshot, start):
        found.append(f"{month} is closed already")
    if snapshot.as_of < end:
        found.append(
            f"{month} is not over for the last run, whose as-of is {rfc3339(snapshot.as_of)}: run after its end"
        )
    current = home.current()
    new = unread(landing, head_path(home, current.lake_manifest if current else None))
    if new:
        found.append(f"{len(new)} landed files have not been read yet, such as {new[0]}: run first")
    found += _listed(
        [
            f"{row['account']} of {row['scope']} differs from Stripe by "
            f"{format_money(row['difference_minor'], row['currency'])}, and no finding explains it"
            for row in snapshot.rows(UNEXPLAINED)
        ]
    )
    found += _listed(
        [
            f"{row['discrepancy_id']} ({row['kind']}) is critical and open"
            + (f", customer {row['customer_id']}" if row["customer_id"] else "")
            for row in snapshot.rows(CRITICAL)
        ]
    )
    return found


def check_closed(snapshot: Snapshot, month: str) -> None:
    """Refuses to reopen what is not closed.

    Raises:
        BadArgument: the month is not closed for the last run.
    """
    if not _is_closed(snapshot, month_start(month)):
        raise BadArgument(f"{month} is not closed for the last run")


def land_record(landing: Path, month: str, action: str, by: str, at: datetime, reason: str | None = None) -> Path:
    """Lands one closing or reopening as a file of its own and returns its path."""
    record: dict[str, Any] = {"month": month, "action": action, "by": by, "at": rfc3339(at)}
    if reason is not None:
        record["reason"] = reason
    folder = landing / "closes"
    folder.mkdir(exist_ok=True)
    path = folder / f"{month}-{action}-{at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.jsonl"
    replace_text(path, json.dumps(record) + "\n")
    return path


def _is_closed(snapshot: Snapshot, start: date) -> bool:
    rows = snapshot.rows("select 1 from marts.ledger_periods where is_closed and period_month >= ? limit 1", [start])
    return bool(rows)


def _listed(lines: list[str]) -> list[str]:
    more = len(lines) - LISTED_MAX
    return lines if more <= 0 else [*lines[:LISTED_MAX], f"and {more} more of this"]

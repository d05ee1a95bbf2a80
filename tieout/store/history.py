"""What the snapshots that are still kept say about one finding: how it went from publication to publication."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import duckdb

from tieout.store.home import Home, Published

QUERY: Final = (
    "select status, severity, stage, currency, impact_minor from marts.discrepancies where discrepancy_id = ?"
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One finding as one publication has it; `status` is None where it is not in it. Instants are naive UTC."""

    run_id: str
    as_of: datetime
    published_at: datetime
    status: str | None
    severity: str | None
    stage: str | None
    currency: str | None
    impact_minor: int | None


def finding_history(home: Home, discrepancy_id: str) -> list[Sighting]:
    """The finding in each snapshot that is kept, newest first. One that was removed meanwhile is left out."""
    current = home.current()
    kept = current.snapshots if current is not None else ()
    found = [_sighting(home, published, discrepancy_id) for published in reversed(kept)]
    return [sighting for sighting in found if sighting is not None]


def _sighting(home: Home, published: Published, discrepancy_id: str) -> Sighting | None:
    try:
        with duckdb.connect(str(home.root / published.path), read_only=True) as connection:
            row = connection.execute(QUERY, [discrepancy_id]).fetchone()
    except duckdb.Error:
        return None
    instants = (_naive_utc(published.as_of), _naive_utc(published.published_at))
    return Sighting(published.run_id, *instants, *(row if row is not None else (None,) * 5))


def _naive_utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)

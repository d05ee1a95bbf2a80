"""Watches a ledger over several runs: what is posted never changes, and what was known then was published then."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tieout.store.home import Home
from tieout.store.ledger import file_sha256
from tieout.store.ledger_queries import Choice, balances
from tieout.store.ledger_verification import verify
from tieout.store.snapshots import Snapshot, open_snapshot

Balances = dict[tuple[str, str | None, str], int]


class LedgerWatch:
    """Looks at a home after each run; `problems` says at the end what was not as it should be."""

    def __init__(self, home: Path) -> None:
        self.home = Home(home)
        self.files: dict[str, str] = {}
        self.published: dict[datetime, Balances] = {}
        self.found: list[str] = []

    def look(self) -> None:
        """After a run: earlier files are as they were, the chain is sound, and its balances are remembered."""
        files = {path.name: file_sha256(path) for path in self.home.ledger.glob("*.parquet")}
        self.found += [f"ledger file {name} changed" for name, was in self.files.items() if files.get(name) != was]
        self.files = files
        self.found += verify(self.home).faults
        with open_snapshot(self.home) as snapshot:
            rows = snapshot.rows("from marts.ledger_balances where balance_minor <> 0")
            self.published[snapshot.as_of.replace(tzinfo=None)] = _by_place(rows)

    def problems(self) -> list[str]:
        """What `look` found, and each instant of which the ledger now says something else than was published then."""
        with open_snapshot(self.home) as snapshot:
            changed = [
                f"as known on {as_of} the ledger is not what was published then"
                for as_of, was in self.published.items()
                if _known_on(snapshot, as_of) != was
            ]
        return [*self.found, *changed]


def _known_on(snapshot: Snapshot, instant: datetime) -> Balances:
    return _by_place(balances(snapshot, Choice(as_known_on=instant), by_customer=True))


def _by_place(rows: list[dict[str, object]]) -> Balances:
    found = {
        (
            str(row["account"]),
            None if row["customer_id"] is None else str(row["customer_id"]),
            str(row["currency"]),
        ): int(str(row["balance_minor"]))
        for row in rows
    }
    return {place: minor for place, minor in found.items() if minor}

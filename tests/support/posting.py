"""The ledger's posting step by itself: made-up targets against what has been posted, through the models and the store.

Nothing is faked: the models are rendered as dbt would render them, and batches are written and read as in a run.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from tests.support.models import Models
from tieout.store.home import Current, Home
from tieout.store.ledger import Chain, append_batch, create_ledger_views, show_balances, write_chain

TARGET_COLUMNS = """
    target_id varchar, document_key bigint, rule varchar, source_type varchar, source_id varchar, is_accrual boolean,
    effective_at timestamp, description varchar, account varchar, customer_id varchar, subledger_id varchar,
    amount_minor bigint, currency varchar
"""
POSTING_MODELS = (
    "int_ledger_entries_looked_at",
    "int_ledger_entries_posted",
    "int_ledger_differences",
    "int_ledger_entries_due",
    "int_ledger_postings_due",
    "int_ledger_balances",
)


class Ledger:
    """A ledger in a home of its own. Fill the table `int_ledger_targets`, then `post`."""

    def __init__(self, root: Path, **config: Any) -> None:
        self.home = Home(root)
        self.home.create()
        self.connection = duckdb.connect(str(root / "posting.duckdb"), config=config)
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("create schema lake; create schema intermediate")
        self.connection.execute("set search_path = 'intermediate'")
        self.models = Models(self.connection, macro_files=("ledger.sql",))
        self.chain = Chain()
        self.clear()

    def clear(self) -> None:
        """No targets, and no document looked at but those that targets will name."""
        self.connection.execute(f"create or replace table int_ledger_targets ({TARGET_COLUMNS})")
        self.connection.execute("create or replace table int_ledger_documents_touched (document_key bigint)")

    def post(self, as_of: datetime, open_from: datetime | None = None) -> Chain:
        """One run's posting: what is due becomes the next batch, named by the home's `CURRENT`."""
        self.find_due(as_of, open_from)
        run_id = f"r{len(self.chain.batches) + 1:04}"
        self.chain = append_batch(self.connection, self.home, self.chain, run_id, as_of.replace(tzinfo=UTC))
        self.commit(run_id)
        return self.chain

    def find_due(self, as_of: datetime, open_from: datetime | None = None) -> None:
        """Builds the models of the posting step."""
        self.show(as_of, open_from)
        for model in POSTING_MODELS:
            self.models.table(model)

    def show(self, as_of: datetime, open_from: datetime | None = None) -> None:
        """What a run shows the models: what is posted, the parameters, and up to when the books are closed."""
        create_ledger_views(self.connection, self.home, self.chain, "lake")
        for name in ("entries", "postings"):
            self.connection.execute(f"create or replace view stg_runs__ledger_{name} as from lake.ledger_{name}")
        show_balances(self.connection, is_rebuilt=False)
        self.connection.execute("create or replace view stg_runs__ledger_balances as from lake.ledger_balances")
        self.connection.execute(
            "create or replace table stg_runs__parameters as "
            "select ?::timestamp as as_of, ?::bigint as ledger_entries, ?::bigint as ledger_batches",
            [as_of, self.chain.entries, len(self.chain.batches)],
        )
        self.connection.execute(
            "create or replace table int_ledger_periods_closed as select ?::timestamp as open_from", [open_from]
        )

    def commit(self, run_id: str) -> None:
        """Names the chain in `CURRENT`, which a real publication does last."""
        head = self.home.relative(write_chain(self.home, self.chain, run_id))
        self.home.publish(
            Current(
                run_id=run_id, as_of="2026-01-01T00:00:00Z", published_at="2026-01-01T00:00:00Z", snapshot=head,
                ledger=head,
            )
        )  # fmt: skip

    def rows(self, query: str, parameters: list[object] | None = None) -> list[tuple[Any, ...]]:
        """Rows over `ledger_entries` and `ledger_postings`, as posted by now."""
        create_ledger_views(self.connection, self.home, self.chain, "intermediate")
        return self.connection.execute(query, parameters or []).fetchall()

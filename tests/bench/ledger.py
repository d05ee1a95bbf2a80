"""What the ledger's posting costs: a million entries at once, and one more day behind ten million of them.

The models of the posting step run on made-up targets, rendered as dbt renders them and with the settings of a run, and
the store writes and reads its own files. A day is what a run does with the ledger: what is due is found and appended,
balances and tie-outs are computed, the snapshot's checks of the ledger pass, and findings about accounts are looked
for. Every size is a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO, cast

import duckdb

from expectations.published import CHECKS
from tests.bench.measures import Row, Say
from tests.support.models import DBT
from tests.support.posting import Ledger
from tieout.store.beancount import write_beancount
from tieout.store.config import load_config
from tieout.store.ledger import append_batch, mart_queries

HISTORY = 10_000_000
HISTORY_BATCHES = 100
AT_ONCE = 1_000_000
DAY = HISTORY // HISTORY_BATCHES
CUSTOMERS = 20_000
FIRST_DAY = datetime(2025, 11, 1)
AT_ONCE_SECONDS_MAX, MEMORY_MB_MAX, RATIO_MAX = 30, 2048, 1.5
#: Each document is an invoice of four postings, a charge or its balance transaction of two.
KINDS = {
    "invoice_finalized": ("invoice", ("accounts_receivable", "usage_revenue", "subscription_revenue", "tax_payable")),
    "charge_succeeded": ("charge", ("accounts_receivable", "payments_clearing")),
    "charge_settled": ("balance_transaction", ("payments_clearing", "stripe_balance")),
}
#: The tables of the posting step, in their order; the facts of Stripe beside them are empty here.
STRIPE_FACTS = ("receivable", "money", "credits", "tax", "deferred", "unbilled")


def documents(first: int, count: int, day: datetime) -> str:
    """A query for documents by number: rule, source, customer, amount and instant; three in a row are one sale."""
    kinds = ", ".join(f"{{'rule': '{rule}', 'source_type': '{kind}'}}" for rule, (kind, _) in KINDS.items())
    return f"""
        select
            number // 3 as sale, kind.rule, kind.source_type, concat(kind.source_type, '_', number) as source_id,
            concat('cus_', hash(sale) % {CUSTOMERS}) as customer_id, 4 * (sale % 5000 + 1) as amount_minor,
            timestamp '{day}' + to_seconds((number * 7919 % 86400)::bigint) as effective_at,
        from (
            select number, [{kinds}][number % 3 + 1] as kind from range({first}, {first + count}) as numbers(number)
        )
    """


def postings(documents: str) -> str:
    """A query for the targets of documents, a row for each posting."""
    accounts = " ".join(f"when '{rule}' then {list(listed)}" for rule, (_, listed) in KINDS.items())
    return f"""
        with listed as (select *, case rule {accounts} end as accounts from ({documents}))
        select
            concat(rule, ':', source_id) as target_id,
            cast(md5_number_lower(concat(source_type, ':', source_id)) >> 1 as bigint) as document_key,
            rule, source_type, source_id, false as is_accrual, effective_at,
            concat('Of sale ', sale) as description, unnest(accounts) as account, customer_id,
            if(account = 'accounts_receivable', concat('in_', sale), null) as subledger_id,
            cast(case
                when account = 'accounts_receivable' then if(rule = 'charge_succeeded', -1, 1) * amount_minor
                when rule = 'invoice_finalized' then -amount_minor // 4 * if(account = 'usage_revenue', 2, 1)
                when account = 'payments_clearing' then if(rule = 'charge_succeeded', 1, -1) * amount_minor
                else amount_minor
            end as bigint) as amount_minor,
            'usd' as currency,
        from listed
    """


class Measured:
    """A ledger with the settings of a run, and with what its marts read beside the posting step."""

    def __init__(self, root: Path) -> None:
        config = load_config()
        self.ledger = Ledger(
            root,
            threads=config.threads,
            memory_limit=config.memory_limit,
            preserve_insertion_order=False,
            temp_directory=str(root / "spill"),
        )
        self.connection = self.ledger.connection
        seed = DBT / "seeds" / "ledger" / "ledger_accounts.csv"
        self.connection.execute(f"create table ledger_accounts as from read_csv('{seed}')")
        for name in STRIPE_FACTS:
            self.connection.execute(
                f"create table int_tie_outs_{name} (account varchar, currency varchar, customer_id varchar, "
                "document_id varchar, stripe_minor bigint)"
            )

    def history(self, entries: int, batches: int) -> None:
        """Posts what came before as batches of equal size, straight into the store."""
        size = entries // batches
        for number in range(batches):
            day = FIRST_DAY + timedelta(days=number)
            targets = postings(documents(number * size, size, day))
            self.connection.execute(f"create or replace table int_ledger_targets as {targets}")
            self.connection.execute(f"""
                create or replace table int_ledger_entries_due as
                select
                    {number * size} + row_number() over (order by effective_at, target_id) as entry_number,
                    any_value(document_key) as document_key, target_id as entry_id, target_id,
                    any_value(source_type) as source_type, any_value(source_id) as source_id,
                    any_value(rule) as rule, null::varchar as reverses_entry_id,
                    any_value(description) as description, effective_at, effective_at as occurred_at,
                    timestamp '{day}' + interval 1 day as recorded_at, {number + 1} as batch_number
                from int_ledger_targets group by target_id, effective_at
            """)
            self.connection.execute("""
                create or replace table int_ledger_postings_due as
                select entry_number, entry_id, account, customer_id, subledger_id, currency, amount_minor
                from int_ledger_targets join int_ledger_entries_due using (target_id)
            """)
            self.ledger.chain = append_batch(
                self.connection, self.ledger.home, self.ledger.chain, f"h{number:05}", day.replace(tzinfo=UTC)
            )
        self.ledger.clear()

    def want(self, first: int, count: int, day: datetime) -> None:
        """Targets for new documents; one in fifty changes some that were posted long ago."""
        self.ledger.clear()
        new = postings(documents(first + count // 50, count - count // 50, day))
        old = postings(documents(0, count // 50, day))
        self.connection.execute(f"insert into int_ledger_targets by name from ({new}) union all by name from ({old})")
        self.connection.execute("insert into int_ledger_documents_touched select document_key from int_ledger_targets")

    def post(self, as_of: datetime) -> float:
        """Seconds of a run's work with the ledger."""
        started = time.monotonic()
        self.ledger.post(as_of)
        models = self.ledger.models
        for mart in ("ledger_entries", "ledger_postings"):
            models.view(mart)
        for table in ("ledger_balances", "tie_outs"):
            models.table(table)
        self._check()
        return time.monotonic() - started

    def _check(self) -> None:
        """The checks that block publication, over the views that a snapshot has."""
        for name, query in mart_queries(self.ledger.home, self.ledger.chain).items():
            self.connection.execute(f"create or replace view {name} as {query}")
        for check in CHECKS:
            if check.table.startswith("ledger_"):
                query = check.arguments["unexpected_rows_query"].replace("{batch}", check.table)
                found = self.connection.execute(query).fetchall()
                if found:
                    raise RuntimeError(f"{check.name}: {found[:3]}")


def measure(root: Path, entries_before: int, batches: int, entries: int) -> dict[str, float]:
    """Seconds and the files' size for posting so many entries behind so many."""
    measured = Measured(root)
    if entries_before:
        measured.history(entries_before, batches)
    measured.ledger.find_due(FIRST_DAY)  # nothing, but the balances that a run before has left in its warehouse
    day = FIRST_DAY + timedelta(days=batches)
    measured.want(entries_before, entries, day)
    worked = time.process_time()
    seconds = measured.post(day + timedelta(days=1))
    found = {
        "seconds": seconds,
        "cpu": time.process_time() - worked,
        "entries": float(measured.ledger.chain.batches[-1].entries),
    }
    if not entries_before and entries >= AT_ONCE // 10:
        found["export"] = export_seconds(measured)
    return found


def export_seconds(measured: Measured) -> float:
    """Seconds of the whole journal as Beancount text, thrown away."""
    measured.connection.execute("create schema marts")
    for name, query in mart_queries(measured.ledger.home, measured.ledger.chain).items():
        measured.connection.execute(f"create view marts.{name} as {query}")
    measured.connection.execute("create table marts.ledger_accounts as from intermediate.ledger_accounts")
    started = time.monotonic()
    with open(os.devnull, "w", encoding="utf-8") as out:
        write_beancount(cast(duckdb.DuckDBPyConnection, measured.connection), cast(TextIO, out))
    return time.monotonic() - started


def in_a_process(scratch: Path, name: str, *arguments: int) -> dict[str, float]:
    """`measure` in a process of its own; its peak memory in MB beside what it found."""
    command = [sys.executable, "-m", "tests.bench.ledger", str(scratch / name), *map(str, arguments)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} left with {child.returncode}")
    return json.loads(told) | {"peak_mb": usage.ru_maxrss / 1024}


def ledger_posting(scratch: Path, say: Say) -> list[Row]:
    """A million entries at once; a day on an empty ledger and behind ten million entries in a hundred days."""
    once = in_a_process(scratch, "once", 0, 0, AT_ONCE)
    say(f"{once['entries']:,.0f} entries posted in {once['seconds']:.1f} s, {once['peak_mb']:,.0f} MB")
    empty = in_a_process(scratch, "empty", 0, 0, DAY)
    behind = in_a_process(scratch, "behind", HISTORY, HISTORY_BATCHES, DAY)
    day = f"{DAY:,} documents, balances, tie-outs and checks"
    return [
        Row("ledger: posting at once", once["seconds"], "s", f"{AT_ONCE:,} entries (at most {AT_ONCE_SECONDS_MAX})"),
        Row("its peak memory", once["peak_mb"], "MB", f"(at most {MEMORY_MB_MAX:,})"),
        Row("its export as Beancount", once["export"], "s", f"{AT_ONCE:,} entries"),
        Row("a day on an empty ledger", empty["seconds"], "s", day),
        Row("a day behind a hundred", behind["seconds"], "s", f"{HISTORY:,} entries in {HISTORY_BATCHES} batches"),
        Row("a day behind a hundred / empty", behind["cpu"] / empty["cpu"], "ratio", f"of CPU (at most {RATIO_MAX})"),
    ]


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), *map(int, sys.argv[2:]))))
